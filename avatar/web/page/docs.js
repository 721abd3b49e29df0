// The API's description as a page: each route with what it takes and what it answers.

const made = (tag, text, name) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (name) element.className = name;
  return element;
};

// A schema with what it refers to, as far as a reader wants it.
const plain = (all, schema, depth = 0) => {
  if (!schema || depth > 4) return "…";
  if (schema.$ref) return plain(all, all.components.schemas[schema.$ref.split("/").pop()], depth + 1);
  if (schema.anyOf) return schema.anyOf.map((each) => plain(all, each, depth + 1)).filter((each) => each !== "null")[0];
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.const) return schema.const;
  if (schema.type === "array") return [plain(all, schema.items, depth + 1)];
  if (schema.properties) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, each]) => [name, each.description || plain(all, each, depth + 1)]),
    );
  }
  return schema.format === "binary" ? "a file" : schema.type || "any";
};

const route = (all, path, method, about) => {
  const element = made("details");
  const head = made("summary");
  head.append(made("code", method.toUpperCase(), "method"), made("code", path), ` ${about.summary ?? ""}`);
  element.append(head, made("p", about.description || about.summary));
  for (const each of about.parameters || []) {
    const line = made("p");
    line.append(made("code", each.name), ` (${each.in}${each.required ? ", needed" : ""})`);
    element.append(line);
  }
  const kinds = Object.entries(about.requestBody?.content || {});
  if (kinds.length) {
    element.append(made("p", `Takes ${kinds.map(([kind]) => kind).join(" or ")}:`));
    element.append(made("pre", JSON.stringify(kinds[0][1].example ?? plain(all, kinds[0][1].schema), null, 2)));
    if (kinds[0][1].example) element.append(made("pre", JSON.stringify(plain(all, kinds[0][1].schema), null, 2)));
  }
  for (const [status, answer] of Object.entries(about.responses)) {
    const schema = answer.content?.["application/json"]?.schema;
    if (!status.startsWith("2")) continue;
    element.append(made("p", `Answers ${status}: ${answer.description}`));
    if (schema && Object.keys(schema).length) element.append(made("pre", JSON.stringify(plain(all, schema), null, 2)));
  }
  return element;
};

const all = await (await fetch("/openapi.json")).json();
const place = document.getElementById("routes");
place.replaceChildren();
const groups = {};
for (const [path, methods] of Object.entries(all.paths)) {
  for (const [method, about] of Object.entries(methods)) {
    (groups[about.tags?.[0] || "page"] ??= []).push(route(all, path, method, about));
  }
}
for (const [name, routes] of Object.entries(groups)) place.append(made("h2", name), ...routes);
