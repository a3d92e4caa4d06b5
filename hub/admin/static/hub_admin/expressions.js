/* Evaluates the small expressions in the theme's attributes without eval, so that pages need no 'unsafe-eval'.
 *
 * It knows the grammar that those attributes use and nothing more, reaches only the global names and properties that
 * are listed here, and assigns to nothing but the page's own state. What it does not know it reports and leaves undone.
 */
(function () {
  "use strict";

  const GLOBALS = {
    theme: (...given) => window.theme(...given),
    searchForm: (...given) => window.searchForm(...given),
    getCurrentTab: () => window.getCurrentTab(),
    localStorage: {
      getItem: (key) => localStorage.getItem(String(key)),
      setItem: (key, value) => localStorage.setItem(String(key), String(value)),
    },
    window: { location: { get pathname() { return location.pathname; }, get search() { return location.search; } } },
  };
  const PROPERTIES = new Set([
    "length", "includes", "target", "tagName", "toLowerCase", "location", "pathname", "search", "getItem", "setItem",
    "title", "description",
  ]);
  const WORDS = { true: true, false: false, null: null, undefined: undefined };
  const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_$][\w$]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(===|!==|==|!=|<=|>=|=>|&&|\|\||\?\?|[-+!<>=?:;,.(){}[\]]))/y;
  const LEVELS = [["??"], ["||"], ["&&"], ["===", "!==", "==", "!="], ["<", ">", "<=", ">="], ["+", "-"]];

  function tokenize(text) {
    const tokens = [];
    TOKEN.lastIndex = 0;
    while (text.slice(TOKEN.lastIndex).trim() !== "") {
      const found = TOKEN.exec(text);
      if (!found) throw new SyntaxError("not in the grammar: " + text);
      if (found[1] !== undefined) tokens.push({ kind: "value", value: Number(found[1]) });
      else if (found[2] !== undefined) tokens.push({ kind: "name", value: found[2] });
      else if (found[3] !== undefined) tokens.push({ kind: "value", value: found[3].slice(1, -1).replace(/\\(.)/g, "$1") });
      else tokens.push({ kind: found[4], value: found[4] });
    }
    return tokens;
  }

  /* Each parsed piece is a function of the scope; a place that can be assigned to also has `set`. */
  function parse(text) {
    const tokens = tokenize(text);
    let at = 0;
    const sees = (kind, ahead = 0) => tokens[at + ahead] !== undefined && tokens[at + ahead].kind === kind;
    const take = (kind) => {
      if (!sees(kind)) throw new SyntaxError("expected " + kind + ": " + text);
      return tokens[at++];
    };
    const accept = (kind) => sees(kind) && Boolean(tokens[at++]);

    function program() {
      const steps = [];
      while (at < tokens.length) {
        if (accept(";")) continue;
        steps.push(assignment());
        if (at < tokens.length) take(";");
      }
      return (scope) => steps.reduce((last, step) => step(scope), undefined);
    }

    function assignment() {
      if (sees("name") && sees("=>", 1)) return arrow([take("name").value]);
      const left = conditional();
      if (!accept("=")) return left;
      if (!left.set) throw new SyntaxError("only the page's own state is assigned: " + text);
      const right = assignment();
      return (scope) => left.set(scope, right(scope));
    }

    function arrow(names) {
      take("=>");
      const body = assignment();
      return (scope) => (...given) => body(inner(scope, Object.fromEntries(names.map((name, i) => [name, given[i]]))));
    }

    function conditional() {
      const test = binary(0);
      if (!accept("?")) return test;
      const yes = assignment();
      take(":");
      const no = assignment();
      return (scope) => (test(scope) ? yes(scope) : no(scope));
    }

    function binary(level) {
      if (level === LEVELS.length) return unary();
      let left = binary(level + 1);
      while (LEVELS[level].some((operator) => sees(operator))) {
        left = operation(tokens[at++].kind, left, binary(level + 1));
      }
      return left;
    }

    function unary() {
      if (accept("!")) {
        const operand = unary();
        return (scope) => !operand(scope);
      }
      return postfix();
    }

    function postfix() {
      let value = primary();
      for (;;) {
        if (accept(".")) {
          value = member(value, take("name").value);
        } else if (accept("(")) {
          value = call(value, list(")"));
        } else {
          return value;
        }
      }
    }

    function primary() {
      if (sees("value")) {
        const constant = take("value").value;
        return () => constant;
      }
      if (sees("name")) return named(take("name").value);
      if (accept("(")) {
        const within = assignment();
        take(")");
        return (scope) => within(scope);
      }
      if (accept("[")) {
        const items = list("]");
        return (scope) => items.map((item) => item(scope));
      }
      if (accept("{")) return object();
      throw new SyntaxError("not in the grammar: " + text);
    }

    function object() {
      const entries = [];
      while (!accept("}")) {
        const key = String(sees("name") ? take("name").value : take("value").value);
        take(":");
        entries.push([key, assignment()]);
        if (!sees("}")) take(",");
      }
      return (scope) => Object.fromEntries(entries.map(([key, value]) => [key, value(scope)]));
    }

    function list(end) {
      const items = [];
      while (!accept(end)) {
        items.push(assignment());
        if (!sees(end)) take(",");
      }
      return items;
    }

    return program();
  }

  function operation(operator, left, right) {
    switch (operator) {
      case "??": return (scope) => left(scope) ?? right(scope);
      case "||": return (scope) => left(scope) || right(scope);
      case "&&": return (scope) => left(scope) && right(scope);
      case "===": return (scope) => left(scope) === right(scope);
      case "!==": return (scope) => left(scope) !== right(scope);
      case "==": return (scope) => left(scope) == right(scope);
      case "!=": return (scope) => left(scope) != right(scope);
      case "<": return (scope) => left(scope) < right(scope);
      case ">": return (scope) => left(scope) > right(scope);
      case "<=": return (scope) => left(scope) <= right(scope);
      case ">=": return (scope) => left(scope) >= right(scope);
      case "+": return (scope) => left(scope) + right(scope);
      default: return (scope) => left(scope) - right(scope);
    }
  }

  function named(name) {
    const read = (scope) => {
      if (Object.hasOwn(WORDS, name)) return WORDS[name];
      if (name in scope) return scope[name];
      if (Object.hasOwn(GLOBALS, name)) return GLOBALS[name];
      throw new ReferenceError("not known here: " + name);
    };
    read.call = (scope, given) => {
      const target = read(scope);
      return name in scope ? target.apply(scope, given) : target(...given);
    };
    // The scope is made of the page's own state; a name that is new goes there too, never to the window.
    read.set = (scope, value) => {
      scope[name] = value;
      return value;
    };
    return read;
  }

  /* `$refs.anything` is a place of the page; everywhere else only the listed properties are read. */
  function member(owner, name) {
    const read = (scope) => {
      const value = owner(scope);
      const isReference = "$refs" in scope && value === scope.$refs;
      if (!isReference && !PROPERTIES.has(name)) throw new ReferenceError("not readable here: ." + name);
      return value[name];
    };
    read.call = (scope, given) => {
      if (!PROPERTIES.has(name)) throw new ReferenceError("not callable here: ." + name);
      return owner(scope)[name](...given);
    };
    return read;
  }

  function call(callee, items) {
    if (!callee.call || callee.call === Function.prototype.call) throw new SyntaxError("only named functions are called");
    return (scope) => callee.call(scope, items.map((item) => item(scope)));
  }

  function inner(scope, names) {
    return new Proxy(scope, {
      has: (target, name) => Object.hasOwn(names, name) || name in target,
      get: (target, name) => (Object.hasOwn(names, name) ? names[name] : target[name]),
      set: (target, name, value) => Reflect.set(target, name, value),
    });
  }

  const parsed = new Map();

  function evaluator(element, expression) {
    const stack = window.Alpine.closestDataStack(element);
    return (receiver = () => {}, { scope = {}, params = [] } = {}) => {
      const complete = window.Alpine.mergeProxies([scope, ...stack]);
      try {
        let value;
        if (typeof expression === "function") {
          value = expression.apply(complete, params);
        } else {
          if (!parsed.has(expression)) parsed.set(expression, parse(expression));
          value = parsed.get(expression)(complete);
          if (typeof value === "function") value = value.apply(complete, params);
        }
        receiver(value);
      } catch (error) {
        console.warn("Left undone:", error.message);
      }
    };
  }

  document.addEventListener("alpine:init", () => window.Alpine.setEvaluator(evaluator));
})();
