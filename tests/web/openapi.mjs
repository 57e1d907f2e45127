// Fails, saying why, when the document at a URL is no valid OpenAPI.
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const { valid, errors } = await validator.validate(await (await fetch(process.argv[2])).json());
console.log(valid ? `valid OpenAPI ${validator.version}` : JSON.stringify(errors, null, 2));
process.exit(valid ? 0 : 1);
