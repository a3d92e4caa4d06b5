"use strict";
// The workbench: sends what is written to the hub's own endpoint and shows what comes back.

const EXAMPLES = {
  "Cases shared with me": `query Cases($first: Int) {
  cases(first: $first, order: SEVERITY) {
    totalCount
    nodes {
      id
      title
      kind
      owner
      model { name version }
      severity { label }
      tags
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  "One case": `query OneCase($id: ID!) {
  case(id: $id) {
    ... on Case { title summary writeUp { hypotheses remediation } evidence(first: 3) { name kind payload } }
    ... on NotAvailable { message }
  }
}`,
  "Who I am": `{
  viewer { name tenant { slug } teams { address } roles { role } scopes purpose }
}`,
  "Who read our cases": `{
  disclosures(first: 20) {
    nodes { occurredAt reader caseIds fields purpose isRaw }
  }
}`,
};
const VARIABLES = { "Cases shared with me": '{ "first": 10 }', "One case": '{ "id": "c_…" }' };

const at = (id) => document.getElementById(id);
const form = at("workbench");
const browser = new SchemaBrowser(at("types"), at("trail"), at("find"));

function headers() {
  const found = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json",
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
  };
  for (const line of at("headers").value.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) found[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return found;
}

function say(text, isBad) {
  at("status").textContent = text;
  at("status").classList.toggle("bad", Boolean(isBad));
}

async function send(query, variables, operationName) {
  const body = JSON.stringify({ query, variables, operationName: operationName || null });
  return fetch(form.dataset.endpoint, { method: "POST", headers: headers(), body, credentials: "same-origin" });
}

async function run() {
  let variables;
  try {
    variables = JSON.parse(at("variables").value.trim() || "{}");
  } catch (error) {
    say("The variables are not JSON. Check quotes and commas.", true);
    at("variables").focus();
    return;
  }
  say("Asking…");
  at("run").disabled = true;
  const began = performance.now();
  try {
    const response = await send(at("query").value, variables, at("operation").value.trim());
    const text = await response.text();
    const milliseconds = Math.round(performance.now() - began);
    let shown = text;
    let errors = 0;
    try {
      const answer = JSON.parse(text);
      errors = (answer.errors || []).length;
      shown = JSON.stringify(answer, null, 2);
    } catch (error) {
      // Not JSON: shown as it came.
    }
    at("answer").textContent = shown;
    const found = errors ? ` · ${errors} ${errors === 1 ? "error" : "errors"}` : "";
    say(`${response.status} · ${milliseconds} ms · ${new Blob([text]).size} bytes${found}`, errors || !response.ok);
  } catch (error) {
    say("The hub did not answer. Check that it is running, and try again.", true);
  } finally {
    at("run").disabled = false;
  }
}

async function readSchema() {
  try {
    const answer = await (await send(SCHEMA_QUERY, {})).json();
    browser.load(answer.data.__schema);
  } catch (error) {
    at("types").textContent = "The schema could not be read. Reload the page when the hub answers again.";
  }
}

function showExample(name) {
  at("query").value = EXAMPLES[name];
  at("variables").value = VARIABLES[name] || "{}";
}

for (const name of Object.keys(EXAMPLES)) at("example").append(new Option(name, name));
at("example").addEventListener("change", (event) => showExample(event.target.value));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
showExample(Object.keys(EXAMPLES)[0]);
readSchema();
