"use strict";
// Shows /openapi.json and sends requests; needs no other host. Everything is inserted as text, never as HTML.

const METHODS = ["get", "post", "put", "patch", "delete"];
let api = null;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function resolve(schema) {
  if (!schema || !schema.$ref) return schema || {};
  return schema.$ref.slice(2).split("/").reduce((place, key) => place?.[key], api) || {};
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.type === "array") return `[${typeOf(schema.items)}]`;
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  return [schema.type, schema.format].filter(Boolean).join(" ") || "any";
}

function sample(schema, depth = 0) {
  const plain = resolve(schema);
  if (plain.example !== undefined) return plain.example;
  if (plain.examples?.length) return plain.examples[0];
  if (plain.default !== undefined) return plain.default;
  if (plain.const !== undefined) return plain.const;
  if (plain.enum) return plain.enum[0];
  if (plain.anyOf) return sample(plain.anyOf[0], depth);
  if (plain.type === "array") return depth > 4 ? [] : [sample(plain.items, depth + 1)];
  if (plain.type === "object" || plain.properties) {
    if (depth > 4) return {};
    return Object.fromEntries(Object.entries(plain.properties || {}).map(([key, value]) => [key, sample(value, depth + 1)]));
  }
  return { integer: 0, number: 0, boolean: false, null: null }[plain.type] ?? "";
}

function fields(schema, seen = []) {
  const name = schema?.$ref;
  const plain = resolve(schema);
  const list = plain.type === "array" ? resolve(plain.items) : plain;
  if (!list.properties || seen.includes(name)) return element("p", {}, typeOf(schema));
  const rows = Object.entries(list.properties).map(([key, value]) =>
    element("tr", {},
      element("td", {}, element("code", {}, key), (list.required || []).includes(key) ? " *" : ""),
      element("td", {}, element("code", {}, typeOf(value))),
      element("td", {}, resolve(value).description || value.description || "")));
  return element("div", {}, element("p", {}, list.description || ""), element("table", {}, ...rows));
}

function bodyOf(operation) {
  const content = operation.requestBody?.content;
  if (!content) return null;
  const [media, entry] = Object.entries(content)[0];
  return { media, schema: entry.schema };
}

function trial(method, path, operation) {
  const inputs = (operation.parameters || []).map((parameter) => ({
    parameter,
    input: element("input", { placeholder: typeOf(parameter.schema), "aria-label": parameter.name }),
  }));
  const body = bodyOf(operation);
  const text = body && element("textarea", { spellcheck: "false", "aria-label": "body" });
  if (text) text.value = body.media === "application/json" ? JSON.stringify(sample(body.schema), null, 2) : "grant_type=client_credentials";
  const shown = element("pre", {}, "");
  const send = async () => {
    const headers = { "Accept-Language": navigator.language };
    const query = new URLSearchParams();
    let target = path;
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    for (const { parameter, input } of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (!input.value) continue;
      else if (parameter.in === "query") query.set(parameter.name, input.value);
      else if (parameter.in === "header") headers[parameter.name] = input.value;
    }
    if (body) headers["Content-Type"] = body.media;
    const address = query.size ? `${target}?${query}` : target;
    try {
      const answer = await fetch(address, { method: method.toUpperCase(), headers, body: text?.value });
      const raw = await answer.text();
      let pretty = raw;
      try { pretty = JSON.stringify(JSON.parse(raw), null, 2); } catch { /* not JSON: shown as it is */ }
      shown.textContent = `${answer.status} ${answer.headers.get("x-request-id") || ""}\n${pretty}`;
    } catch (error) {
      shown.textContent = String(error);
    }
  };
  const rows = inputs.map(({ parameter, input }) =>
    element("tr", {},
      element("td", {}, element("code", {}, parameter.name), parameter.required ? " *" : "", ` (${parameter.in})`),
      element("td", {}, input), element("td", {}, parameter.description || "")));
  return element("div", {}, element("table", {}, ...rows), text, element("p", {}, element("button", { onclick: send }, "发送 · send")), shown);
}

function answersOf(operation) {
  const rows = Object.entries(operation.responses || {}).map(([status, answer]) => {
    const content = answer.content || {};
    const schema = content["application/json"]?.schema;
    const problems = Object.entries(content["application/problem+json"]?.examples || {}).map(([slug]) => slug).join(", ");
    return element("tr", {}, element("td", {}, status), element("td", {}, answer.description || ""),
      element("td", {}, schema ? fields(schema) : problems));
  });
  return element("table", {}, ...rows);
}

function show(method, path, operation) {
  const scopes = (operation.security || []).flatMap((need) => need.gateway || []);
  const details = element("details", { id: operation.operationId });
  details.append(element("summary", {},
    element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path),
    element("span", { class: "summary" }, (operation.description || operation.summary || "").split("\n")[0])));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const body = bodyOf(operation);
    details.append(element("div", { class: "body" },
      element("p", {}, operation.description || ""),
      element("p", { class: "scope" }, operation.security?.length ? `权限 · scope: ${scopes.join(", ")}` : "公开 · public"),
      body && element("h4", {}, `请求 · request (${body.media})`), body && fields(body.schema),
      element("h4", {}, "试用 · try"), trial(method, path, operation),
      element("h4", {}, "响应 · answers"), answersOf(operation)));
  });
  return details;
}

function render() {
  const wanted = document.getElementById("filter").value.trim().toLowerCase();
  const list = document.getElementById("operations");
  const index = document.getElementById("index");
  list.replaceChildren(element("p", {}, api.info.description));
  index.replaceChildren();
  for (const tag of api.tags) {
    const found = [];
    for (const [path, operations] of Object.entries(api.paths)) {
      for (const method of METHODS) {
        const operation = operations[method];
        if (!operation || operation.tags?.[0] !== tag.name) continue;
        const words = [path, operation.operationId, operation.description, JSON.stringify(operation.security || "")].join(" ").toLowerCase();
        if (words.includes(wanted)) found.push([method, path, operation]);
      }
    }
    if (!found.length) continue;
    list.append(element("h2", {}, tag.description));
    index.append(element("strong", {}, tag.description));
    for (const [method, path, operation] of found) {
      list.append(show(method, path, operation));
      index.append(element("a", { href: `#${operation.operationId}`, title: path }, operation.operationId.split(".").pop()));
    }
  }
}

async function start() {
  api = await (await fetch("/openapi.json")).json();
  document.getElementById("filter").addEventListener("input", render);
  render();
  if (location.hash) document.getElementById(location.hash.slice(1))?.setAttribute("open", "");
}

window.addEventListener("hashchange", () => document.getElementById(location.hash.slice(1))?.setAttribute("open", ""));
start();
