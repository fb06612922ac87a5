// What the JSON Schemas accept has no fault of form, and the other way round.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Definitions, everyKey } from './random.mjs';

const Ajv = createRequire(import.meta.url)('ajv/dist/2020').default;
const seed = Number(process.env.SEED || 1);
const number = Number(process.env.DEFINITIONS || 4000);

// of the checks, those that look at one value after the other, whatever else there is in the database or the definition
const faultsOfForm = {
	workflow: `SELECT f.code, f.object, f.message FROM smartwf.form_faults(d) f
		UNION ALL SELECT f.code, f.object, f.message FROM smartwf.translation_faults(d) f WHERE f.code IN ('WFL0056', 'WFL0101', 'WFL0102')`,
	flow: "SELECT f.code, f.object, f.message FROM smartwf.flow_form_faults(d) f WHERE f.message !~ 'of that name is defined twice$'",
};

const sql = (query) =>
	execFileSync('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-f', '-'], {
		encoding: 'utf8',
		input: query,
		maxBuffer: 2 ** 30,
	}).trim();
/** Files by a pattern with *; none where there is no such folder. */
function files(pattern) {
	const [first, ...rest] = pattern.split('/');
	return rest.reduce(
		(paths, part) => {
			const matches = new RegExp(`^${part.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
			return paths
				.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
				.flatMap((path) =>
					readdirSync(path)
						.filter((name) => matches.test(name))
						.sort()
						.map((name) => `${path}/${name}`),
				);
		},
		[first],
	);
}

const literal = (value) =>
	`'${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll("'", "''")}'`;

const schemas = Object.fromEntries(
	['workflow', 'flow'].map((kind) => [
		kind,
		JSON.parse(readFileSync(`${process.env.SCHEMAS}/${kind}.schema.json`)),
	]),
);
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
const validators = Object.fromEntries(
	Object.entries(schemas).map(([kind, schema]) => [kind, ajv.compile(schema)]),
);

/** What the database has against each of the definitions: a list of lists, by one query. */
function faults(kind, definitions) {
	return JSON.parse(
		sql(`SELECT json_agg((SELECT coalesce(json_agg(concat_ws(' ', f.code, f.object || ':', f.message)), '[]')
		FROM (${faultsOfForm[kind]}) f) ORDER BY n) FROM jsonb_array_elements(${literal(definitions)}) WITH ORDINALITY AS x (d, n)`),
	);
}

/** Fails if schema and database disagree about one; returns how many are right, how many wrong, and which codes there were. */
function agree(kind, definitions) {
	const validate = validators[kind];
	const sums = { right: 0, wrong: 0, codes: new Set() };
	const disagreements = [];
	for (let from = 0; from < definitions.length; from += 500) {
		const batch = definitions.slice(from, from + 500);
		faults(kind, batch).forEach((found, n) => {
			const accepted = validate(batch[n]);
			sums[found.length === 0 ? 'right' : 'wrong']++;
			found.forEach((fault) => sums.codes.add(fault.slice(0, 7)));
			if (accepted === (found.length === 0)) return;
			disagreements.push(
				[
					`definition: ${JSON.stringify(batch[n])}`,
					`schema: ${accepted ? 'accepted' : ajv.errorsText(validate.errors)}`,
					`database: ${found.join('; ') || 'accepted'}`,
				].join('\n'),
			);
		});
	}
	assert.equal(
		disagreements.length,
		0,
		`${disagreements.length} disagreements about ${kind}s, the first of them:\n${disagreements
			.sort((a, b) => a.length - b.length)
			.slice(0, 3)
			.join('\n\n')}`,
	);
	return sums;
}

for (const [kind, codes] of [
	['workflow', ['WFL0050', 'WFL0056', 'WFL0101', 'WFL0102', 'WFL0202']],
	['flow', ['WFL0500', 'WFL0501', 'WFL0502', 'WFL0503', 'WFL0504', 'WFL0505']],
]) {
	test(`random ${kind}s: schema and database agree`, (t) => {
		const random = new Definitions(seed);
		const definitions = [];
		while (definitions.length < number) {
			let definition = random.right(kind);
			definitions.push(definition);
			for (let mutations = random.below(4); mutations > 0; mutations--)
				definitions.push((definition = random.mutated(definition)));
		}
		const sums = agree(kind, definitions);
		t.diagnostic(
			`noted: ${definitions.length} ${kind}s with seed ${seed}: ${sums.right} right, ${sums.wrong} wrong`,
		);
		assert.ok(Math.min(sums.right, sums.wrong) > number / 5);
		for (const code of codes) assert.ok(sums.codes.has(code), `no definition has the fault ${code}`);
	});
}

for (const kind of ['workflow', 'flow']) {
	test(`each key in each object of a ${kind}: they agree`, (t) => {
		const definitions = [...everyKey(kind)];
		const sums = agree(kind, definitions);
		t.diagnostic(
			`noted: ${definitions.length} ${kind}s with each key: ${sums.right} right, ${sums.wrong} wrong`,
		);
		assert.ok(sums.right > 250);
	});
}

/** What stands between quotes, or is a block of JSON, and is a definition. */
function definitionsIn(pattern) {
	const found = { workflow: [], flow: [] };
	for (const path of files(pattern)) {
		const page = readFileSync(path, 'utf8');
		const code = path.endsWith('.md')
			? [...page.matchAll(/```sql\n(.*?)```/gs)].map((block) => block[1]).join('\n')
			: page;
		const literals = [...code.replace(/(?<=^|\s)--\s.*$/gm, '').matchAll(/'((?:[^']|'')*)'/g)].map((match) =>
			match[1].replaceAll("''", "'"),
		);
		for (const text of [...literals, ...[...page.matchAll(/```json\n(.*?)```/gs)].map((block) => block[1])]) {
			let value;
			try {
				value = JSON.parse(text);
			} catch {
				continue;
			}
			if (value?.states && value.name) found.workflow.push(value);
			if (value?.stages && value.name) found.flow.push(value);
		}
	}
	return found;
}

test('definitions in pages and demos are accepted', () => {
	for (const pattern of [
		'README.md',
		'docs/*.md',
		'demo/*.sql',
		'test/web/fixture.sql',
		'test/http/fixture.sql',
		'test/*/*.sh',
	]) {
		const found = definitionsIn(pattern);
		for (const kind of ['workflow', 'flow']) {
			for (const definition of found[kind]) {
				assert.ok(
					validators[kind](definition),
					`${pattern}: ${definition.name}: ${ajv.errorsText(validators[kind].errors)}`,
				);
			}
			if (pattern === 'docs/*.md') assert.ok(found[kind].length >= 1, `no ${kind} in ${pattern}`);
			assert.equal(agree(kind, found[kind]).wrong, 0);
		}
	}
});

test('about the definitions of the other tests they agree', () => {
	const found = definitionsIn('sql/*.sql');
	assert.ok(agree('workflow', found.workflow).right > 50);
	assert.ok(agree('flow', found.flow).right > 30);
});

test('what the database gives back is accepted', () => {
	const documents = [...files('demo/*.graph.xml'), ...files('../shared/conformance/*.graph.xml')];
	for (const path of documents) sql(`SELECT smartwf.import_workflow(${literal(readFileSync(path, 'utf8'))})`);
	const imported = JSON.parse(
		sql('SELECT json_agg(smartwf.workflow_definition(name, version)) FROM smartwf.workflows'),
	);
	assert.ok(imported.length > 0);
	for (const definition of imported)
		assert.ok(
			validators.workflow(definition),
			`${definition.name}: ${ajv.errorsText(validators.workflow.errors)}`,
		);

	const random = new Definitions(seed);
	for (const [kind, complete] of [
		['workflow', 'complete_definition'],
		['flow', 'complete_flow'],
	]) {
		const found = [
			...definitionsIn('docs/*.md')[kind],
			...Array.from({ length: 200 }, () => random.right(kind)),
		];
		const completed = JSON.parse(
			sql(`SELECT json_agg(smartwf.${complete}(d)) FROM jsonb_array_elements(${literal(found)}) d`),
		);
		for (const definition of completed) {
			assert.ok(
				validators[kind](definition),
				`${JSON.stringify(definition)}: ${ajv.errorsText(validators[kind].errors)}`,
			);
			assert.ok(!('$schema' in definition));
		}
	}
});

test('every property says what it is', () => {
	const visit = (schema, path) => {
		for (const [key, part] of Object.entries(schema.properties ?? {}))
			assert.ok(part.title, `${path}.${key} has no title`);
		for (const [key, part] of Object.entries(schema.$defs ?? {})) visit(part, `${path}/${key}`);
	};
	for (const [kind, schema] of Object.entries(schemas)) {
		visit(schema, kind);
		assert.ok(schema.title && schema.description);
		assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
	}
});
