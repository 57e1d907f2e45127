// Fails when a method of the first image (JSON of buf build) has another HTTP rule in the second, or none.
import { readFileSync } from "node:fs";

const [promised, now] = process.argv.slice(2).map((path) => {
  const rules = new Map();
  for (const file of JSON.parse(readFileSync(path)).file)
    for (const service of file.service ?? [])
      for (const method of service.method)
        rules.set(`${file.package}.${service.name}/${method.name}`, JSON.stringify(method.options?.["[google.api.http]"]));
  return rules;
});

const moved = [...promised].filter(([method, rule]) => now.has(method) && now.get(method) !== rule);
for (const [method, rule] of moved) console.log(`${method}: promised ${rule}, is ${now.get(method)}`);
process.exit(promised.size > 0 && moved.length === 0 ? 0 : 1);
