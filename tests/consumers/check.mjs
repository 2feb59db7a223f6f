// Reads the formats of a folder of runs with the readers that others use: the schema of SARIF, CTRF's own validator,
// a TAP parser, the HAR validator, and what GitLab and GitHub document of theirs.
//
//   npm ci --prefix tests/consumers
//   node tests/consumers/check.mjs FOLDER
//
// FOLDER holds a folder for each run, with `run.json` (its exit code) and the files. Exits with 1 if anything is refused,
// and with 2 if there was nothing to read.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Parser } from "tap-parser";
import * as ctrf from "ctrf";

const require = createRequire(import.meta.url);
const Ajv = require("ajv");
const har = require("har-validator");
const packageOf = (name) => require.resolve(`${name}/package.json`).replace(/package\.json$/, "");
const read = (...path) => readFileSync(join(...path), "utf8");
const ajv = new Ajv({ allErrors: true, schemaId: "auto", unknownFormats: "ignore" });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));

const sarif = ajv.compile(
  JSON.parse(read(packageOf("@microsoft/jest-sarif"), "lib/schemas/sarif-2.1.0-rtm.5.json")),
);

const folder = process.argv[2];
const runs = folder ? readdirSync(folder) : [];
if (runs.length === 0) {
  console.error("Name a folder of runs.");
  process.exit(2);
}

let passed = 0;
let failed = 0;
async function expect(what, check) {
  try {
    const wrong = await check();
    if (wrong) throw new Error(typeof wrong === "string" ? wrong : JSON.stringify(wrong, null, 1).slice(0, 2000));
    passed += 1;
  } catch (error) {
    failed += 1;
    console.error(`${what}: ${error.message}`);
  }
}

for (const run of runs) {
  const file = (name) => read(folder, run, name);
  const json = (name) => JSON.parse(file(name));
  const red = json("run.json").exit_code !== 0;

  await expect(`${run} SARIF`, () => {
    const log = json("muster.sarif");
    if (!sarif(log)) return sarif.errors;
    // What GitHub asks besides: a place, a message and a rule of each result.
    for (const result of log.runs[0].results) {
      const place = result.locations?.[0]?.physicalLocation;
      if (!place?.artifactLocation?.uri || !(place.region.startLine > 0)) return `no place: ${JSON.stringify(result)}`;
      if (log.runs[0].tool.driver.rules[result.ruleIndex].id !== result.ruleId) return "another rule";
    }
  });

  await expect(`${run} CTRF`, () => {
    const report = json("ctrf.json");
    const result = ctrf.validate(report);
    if (result !== true && result?.valid !== true) return result;
    const { summary, tests } = report.results;
    if (summary.tests !== tests.length) return "the count is another";
    if (summary.failed > 0 !== red) return "red and the exit code differ";
  });

  await expect(`${run} TAP`, () => {
    const parser = new Parser({ strict: true });
    let result;
    parser.on("complete", (results) => { result = results; });
    const raw = [];
    parser.on("extra", (line) => raw.push(line));
    parser.end(file("results.tap"));
    const count = Number(/^1\.\.(\d+)$/m.exec(file("results.tap"))[1]);
    if (result.count !== count) return `${result.count} of ${count} were read`;
    if (result.failures.some((failure) => failure.tapError)) return result.failures.filter((one) => one.tapError);
    if (raw.length > 0) return `not TAP: ${raw[0]}`;
    if (result.ok === red) return "red and the exit code differ";
  });

  await expect(`${run} HAR`, async () => {
    await har.har(json("evidence.har")).catch((error) => {
      throw new Error(JSON.stringify(error.errors).slice(0, 2000));
    });
  });

  // https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
  await expect(`${run} GitLab`, () => {
    const issues = json("gl-code-quality.json");
    const seen = new Set();
    for (const issue of issues) {
      for (const member of ["description", "check_name", "fingerprint"]) {
        if (typeof issue[member] !== "string" || issue[member] === "") return `${member}: ${JSON.stringify(issue)}`;
      }
      if (!["info", "minor", "major", "critical", "blocker"].includes(issue.severity)) return issue.severity;
      if (!(issue.location.lines.begin > 0)) return "no line";
      if (issue.location.path.startsWith("./") || issue.location.path === "") return issue.location.path;
      if (seen.has(issue.fingerprint)) return "a fingerprint stands twice";
      seen.add(issue.fingerprint);
    }
  });

  // https://docs.github.com/actions/reference/workflow-commands-for-github-actions
  await expect(`${run} GitHub`, () => {
    const lines = file("annotations.txt").trimEnd().split("\n");
    const grammar = /^::(error|warning|notice)( \w+=[^,:\r\n]*(,\w+=[^,:\r\n]*)*)?::[^\r\n]*$/;
    const wrong = lines.find((line) => !grammar.test(line));
    if (wrong) return wrong;
    for (const kind of ["error", "warning"]) {
      const of = lines.filter((line) => line.startsWith(`::${kind} `));
      if (of.length > 10) return `${of.length} of ${kind}`;
    }
    if (lines.some((line) => line.startsWith("::error ")) !== red) return "red and the exit code differ";
  });
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
