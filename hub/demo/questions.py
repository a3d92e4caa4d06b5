"""The GraphQL documents of the demo, as a reader's program would hold them."""

SUBMIT = """
mutation Submit($team: ID!, $case: JSON!) {
  submitCase(teamId: $team, case: $case) {
    __typename
    ... on CaseSubmitted { caseId version }
    ... on InvalidInput { problems { path message } }
  }
}
"""

SHARE = """
mutation Share($team: ID!, $terms: GrantTermsInput!) {
  issueGrant(teamId: $team, terms: $terms) {
    __typename
    ... on GrantChanged { state }
    ... on InvalidInput { problems { path message } }
  }
}
"""

CASES = """
query Cases($first: Int!, $after: String) {
  cases(first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node {
      id owner title summary kind tags digest dataSource environment impact links
      writeUp { hypotheses experiments results rationale remediation }
      model { name version developers deployers artifactTypes }
      severity { scheme label score } occurred { from to granularity }
      sensitivity { dataClass tlp }
      evidence(first: 100) { name kind mediaType payload }
    } }
  }
}
"""

RAW = """
query Raw($id: ID!) {
  rawCase(id: $id) { __typename ... on RawCase { document } }
}
"""

EVENTS = """
query Events($filter: AccessEventFilter, $first: Int!, $after: String) {
  accessEvents(filter: $filter, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { id occurredAt actor action outcome basis purpose objectKind objectId requestId detail } }
  }
}
"""

DISCLOSURES = """
query Disclosures($first: Int!, $after: String) {
  disclosures(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { id occurredAt reader readerTenantId caseIds fields grantIds isRaw purpose } }
  }
}
"""
