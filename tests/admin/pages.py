"""Every page of the site, and whose it is: written out, so that a page that moves to another role fails a test."""

LISTS = {
    "catalog/case": {"olga", "omar", "rita"},
    "sharing/projection": {"olga", "omar"},
    "catalog/breakglass": {"olga", "omar", "rita"},
    "escalation/leakreport": {"olga", "omar"},
    "sharing/sharinggrant": {"olga", "omar", "erin"},
    "sharing/sharinggroup": {"olga", "omar", "erin"},
    "sharing/accessrequest": {"olga", "omar"},
    "sharing/receipt": {"olga", "omar", "erin"},
    "tenants/trusteddocument": {"olga", "omar", "erin"},
    "sharing/redactionprofile": {"olga", "omar", "erin"},
    "lifecycle/policy": {"olga", "omar", "erin"},
    "lifecycle/policyversion": {"olga", "omar", "erin"},
    "escalation/remediationticket": {"olga", "omar", "rita"},
    "escalation/escalationrule": {"olga", "omar", "erin"},
    "escalation/releasepause": {"olga", "omar", "rita"},
    "escalation/gatewaiver": {"olga", "omar"},
    "escalation/gateverdict": {"olga", "omar"},
    "outbox/destination": {"olga", "omar", "erin"},
    "outbox/delivery": {"olga", "omar", "erin"},
    "outbox/ticketmirror": {"olga", "omar", "erin"},
    "outbox/inboundmessage": {"olga", "omar", "erin"},
    "retention/retentionrule": {"olga", "omar", "erin"},
    "retention/dispositionrun": {"olga", "omar", "erin"},
    "retention/listeditem": {"olga", "omar", "erin"},
    "retention/dispositionbatch": {"olga", "omar", "erin"},
    "retention/legalhold": {"olga", "omar", "erin"},
    "retention/erasurerequest": {"olga", "omar", "erin"},
    "retention/storagereport": {"olga", "omar", "erin"},
    "audit/accessevent": {"erin"},
    "audit/disclosure": {"erin"},
    "feeds/feed": {"olga", "omar", "erin"},
    "audit/isolationrun": {"erin", "petra"},
    "tenants/membership": {"adam"},
    "tenants/invitation": {"adam"},
    "tenants/servicetoken": {"adam"},
    "tenants/team": {"adam", "petra"},
    "tenants/tenant": {"petra"},
    "tenants/user": {"petra"},
}
INSIDE = ("olga", "omar", "erin", "rita", "adam", "petra")
OUTSIDE = ("alice", "bob", "dana", "carol", "dave", "trudy")


def label(path: str) -> str:
    """`catalog/case` as events name it."""
    return path.replace("/", ".")
