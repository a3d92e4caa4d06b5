"use strict";
// Shows the schema as the server tells it: types, fields, arguments; everything is set as text, nothing as markup.

const SCHEMA_QUERY = `query Schema {
  __schema { queryType { name } mutationType { name } types {
    name kind description
    fields { name description args { name description type { ...Named } } type { ...Named } }
    inputFields { name description type { ...Named } }
    enumValues { name description }
    possibleTypes { name }
  } }
}
fragment Named on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }`;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function spelled(type) {
  if (type.kind === "NON_NULL") return `${spelled(type.ofType)}!`;
  if (type.kind === "LIST") return `[${spelled(type.ofType)}]`;
  return type.name;
}

function innermost(type) {
  return type.ofType ? innermost(type.ofType) : type.name;
}

class SchemaBrowser {
  constructor(place, trail, find) {
    this.place = place;
    this.trail = trail;
    this.types = new Map();
    find.addEventListener("input", () => this.search(find.value.trim().toLowerCase()));
  }

  load(schema) {
    this.types = new Map(schema.types.filter((type) => !type.name.startsWith("__")).map((type) => [type.name, type]));
    this.roots = [schema.queryType, schema.mutationType].filter(Boolean).map((root) => root.name);
    this.show(this.roots[0], []);
  }

  link(name, text, path) {
    const button = element("button", text, "mono");
    button.type = "button";
    button.addEventListener("click", () => this.show(name, path));
    return button;
  }

  show(name, path) {
    const type = this.types.get(name);
    if (!type) return;
    this.showTrail(name, path);
    const found = [element("h2", `${type.name}`), element("p", type.description || "")];
    const list = element("dl");
    const members = type.fields || type.inputFields || type.enumValues || type.possibleTypes || [];
    for (const member of members) list.append(...this.member(member, [...path, name]));
    this.place.replaceChildren(...found, list);
  }

  member(member, path) {
    const term = element("dt");
    if (!member.type) {
      term.append(this.types.has(member.name) ? this.link(member.name, member.name, path) : element("code", member.name));
      return [term, element("dd", member.description || "")];
    }
    term.append(element("code", member.name));
    if (member.args && member.args.length) {
      term.append(element("code", "("));
      member.args.forEach((argument, position) => {
        term.append(element("code", `${position ? ", " : ""}${argument.name}: `));
        term.append(this.link(innermost(argument.type), spelled(argument.type), path));
      });
      term.append(element("code", ")"));
    }
    term.append(element("code", ": "), this.link(innermost(member.type), spelled(member.type), path));
    return [term, element("dd", member.description || "")];
  }

  showTrail(name, path) {
    const steps = [...new Set([...this.roots, ...path.slice(-3), name])];
    this.trail.replaceChildren();
    steps.forEach((step, position) => {
      if (position) this.trail.append(" · ");
      this.trail.append(this.link(step, step, []));
    });
  }

  search(words) {
    if (!words) return this.show(this.roots[0], []);
    const list = element("dl");
    let count = 0;
    for (const type of this.types.values()) {
      const members = [...(type.fields || []), ...(type.inputFields || []), ...(type.enumValues || [])];
      const hits = members.filter((member) => member.name.toLowerCase().includes(words));
      if (!hits.length && !type.name.toLowerCase().includes(words)) continue;
      if (++count > 60) break;
      const term = element("dt");
      term.append(this.link(type.name, type.name, []));
      list.append(term, element("dd", hits.map((member) => member.name).join(", ") || type.description || ""));
    }
    this.place.replaceChildren(count ? list : element("p", "Nothing in the schema is called that."));
  }
}
