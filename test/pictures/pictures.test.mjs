// Diagrams with labels that mean something to Mermaid, Graphviz or HTML are drawn, and show these labels as they are.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';

const labels = [
	'"',
	'""',
	'say "hi"',
	"it's",
	'[x]',
	'"]',
	'"]; click n1 "javascript:alert(1)"',
	'"] --> n2["',
	'{x}',
	'(x)',
	'((x))',
	'|x|',
	'"| n3',
	'<',
	'>',
	'<script>alert(1)</script>',
	'<img src=x onerror=alert(1)>',
	'<b>bold</b>',
	'a<br>b',
	'</span></div>',
	'<svg onload=alert(1)>',
	'<a href="javascript:alert(1)">x</a>',
	'&',
	'&lt;',
	'&amp;amp;',
	'&#60;i&#62;',
	'&nbsp;',
	'#',
	'#35;',
	'#quot;',
	'#lt;b#gt;',
	';',
	'a;b',
	'\\',
	'a\\',
	'\\"',
	'C:\\new',
	'\\N',
	'\\l',
	'\\G',
	'a\nb',
	'a\r\n  end',
	'a\n%% b',
	'a\tb',
	'%',
	'%% c',
	'%%{init: {"theme": "dark"}}%%',
	'---',
	'- x',
	'+ x',
	'* x',
	'1. x',
	'2) x',
	'# x',
	'> x',
	'`x`',
	'`**x**`',
	'**x**',
	'_x_',
	'_',
	'__x__',
	'a_b_c',
	'~~x~~',
	'[x](http://example.org)',
	'![x](http://example.org/x.png)',
	'http://example.org',
	'www.example.org',
	'a@example.org',
	'fa:fa-car x',
	'$$x^2$$',
	'style x:"y"',
	'classDef x:"y"',
	'click n1',
	'subgraph x',
	'end',
	'graph',
	'default',
	'stop',
	':::failed',
	'@{ shape: circle }',
	'{{x}}',
	'-->',
	'==',
	'=',
	'%s %1$s',
	'é ß 漢字 \u{1f600}',
	'\u0627\u0644\u0639\u0631',
	'\u202eabc',
	'e\u0301',
	'\u00a0',
	' ',
	' x ',
	'a  b',
	'',
	'x'.repeat(3000),
	'word '.repeat(600).trim(),
	'0',
	'null',
	'{',
	'}',
	'[',
	']',
	'(',
	')',
	'^',
	'!',
	'?',
	'/',
	'~',
	'@',
	'*',
	'+',
	'-',
	'.',
	',',
	':',
	"'",
	'`',
];

const sql = (query) =>
	execFileSync('psql', ['-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-f', '-'], {
		encoding: 'utf8',
		input: `SET client_min_messages = error;\n${query}`,
		maxBuffer: 2 ** 28,
	}).trimEnd();
const literal = (value) =>
	`'${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll("'", "''")}'`;

/** A text as it is read: of blanks, one is as good as another, or as many. */
const read = (text) => text.replace(/[\s\u00a0\u200b\u0000-\u001f]+/g, ' ').trim();
const sorted = (texts) =>
	texts
		.map(read)
		.filter((text) => text !== '')
		.sort();

let browser, page;
const asked = [];
before(async () => {
	browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
	page = await browser.newPage();
	page.on('request', (request) => asked.push(request.url()));
	page.on('dialog', (dialog) => {
		asked.push(dialog.message());
		dialog.dismiss();
	});
	await page.addScriptTag({
		path: join(dirname(createRequire(import.meta.url).resolve('mermaid')), 'mermaid.min.js'),
	});
});
after(() => browser?.close());

/** What a picture shows: its texts, and its elements that a picture of ours has not. */
const shown = (securityLevel) => (source) =>
	page.evaluate(
		async ([text, level]) => {
			mermaid.initialize({ startOnLoad: false, securityLevel: level, suppressErrorRendering: true });
			const { svg } = await mermaid.render('picture', text);
			document.body.innerHTML = svg;
			const all = (selector) => [...document.querySelectorAll(selector)];
			const usual = [
				'svg',
				'style',
				'g',
				'marker',
				'path',
				'rect',
				'circle',
				'line',
				'polygon',
				'foreignobject',
				'div',
				'span',
				'p',
				'defs',
				'filter',
				'fedropshadow',
				'lineargradient',
				'stop',
				'text',
				'tspan',
			];
			return {
				texts: all('.nodeLabel, .edgeLabel foreignObject').map((element) => element.textContent),
				strange: all('body *')
					.filter(
						(element) =>
							!usual.includes(element.tagName.toLowerCase()) ||
							[...element.attributes].some((attribute) => /^on|href|^src$/i.test(attribute.name)),
					)
					.map((element) => element.outerHTML),
			};
		},
		[source, securityLevel],
	);

const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const decoded = (text) =>
	text.replace(/&(#x?)?(\w+);/g, (entity, number, name) =>
		number ? String.fromCodePoint(parseInt(name, number === '#' ? 10 : 16)) : (entities[name] ?? entity),
	);

/** The same of Graphviz. */
function drawn(source) {
	const svg = execFileSync('dot', ['-Tsvg'], {
		encoding: 'utf8',
		input: source,
		maxBuffer: 2 ** 28,
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const elements = [
		...svg.replace(/<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>/gs, '').matchAll(/<([a-z]+)([^>]*)>/gi),
	];
	return {
		texts: [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/gs)].map((match) => decoded(match[1])),
		strange: elements
			.filter(
				([, name, attributes]) =>
					!['svg', 'g', 'title', 'polygon', 'path', 'text', 'ellipse'].includes(name) ||
					/\s(on\w+|xlink:href)=/.test(attributes),
			)
			.map(([all]) => all),
	};
}

/** Both formats of a diagram, asked by a function of the format, show these labels. */
async function shows(query, expected) {
	// strict removes of a label what it takes for dangerous, loose does not: there must be nothing of that kind
	for (const [format, draw] of [
		['mermaid', shown('loose')],
		['mermaid', shown('strict')],
		['dot', drawn],
	]) {
		const source = sql(`SELECT ${query(format)}`);
		let picture;
		try {
			picture = await draw(source);
		} catch (error) {
			throw new Error(`${format} does not draw ${source.slice(0, 2000)}\n${error.message}`);
		}
		assert.deepEqual(picture.strange, [], format);
		assert.deepEqual(sorted(picture.texts), sorted(expected), format);
	}
}

/** Lists of so many. */
const parts = (list, size) =>
	Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size));

test('workflows with hostile labels', async () => {
	for (const [n, part] of parts(labels, 20).entries()) {
		const states = part.map((label, s) => ({ name: `s${s}`, label, initial: s === 0 }));
		const transitions = part.map((label, t) => ({
			name: `t${t}`,
			label,
			arcs: [{ from: `s${t}`, to: `s${(t + 1) % part.length}` }],
		}));
		sql(`SELECT smartwf.define_workflow(${literal({ name: `W${n}`, states, transitions })})`);
		await shows(
			(format) => `smartwf.diagram('W${n}', '${format}')`,
			part.flatMap((label, s) => [label || `s${s}`, label || `t${s}`]),
		);
	}
});

test("a document's way", async () => {
	sql(`CREATE TABLE doc (id int PRIMARY KEY, state text);
		SELECT smartwf.attach('doc', 'W0');
		INSERT INTO doc VALUES (1);
		SELECT smartwf.pass_transition('1', 't0'), smartwf.pass_transition('1', 't1')`);
	const all = labels.slice(0, 20).flatMap((label) => [label, label]);
	await shows((format) => `smartwf.diagram('W0', '${format}', '1')`, all);
	assert.equal(await page.evaluate(() => document.querySelectorAll('.node.done').length), 2);
	assert.equal(await page.evaluate(() => document.querySelectorAll('.node.waiting').length), 1);
});

test('two versions compared', async () => {
	for (const [n, part] of parts(
		labels.filter((label) => label !== ''),
		12,
	).entries()) {
		// the first state stays, every label changes, the last one goes, and another one comes
		const states = part.map((label, s) => ({ name: `s${s}`, label, initial: s === 0 }));
		const transitions = part.map((label, t) => ({
			name: `t${t}`,
			label,
			arcs: [{ from: `s${t}`, to: `s${(t + 1) % part.length}` }],
		}));
		const last = part.length - 1;
		sql(`SELECT smartwf.define_workflow(${literal({ name: `C${n}`, states, transitions })});
			SELECT smartwf.define_workflow(${literal({
				name: `C${n}`,
				states: [
					...states.slice(0, last).map((state) => ({ ...state, color: '#123456' })),
					{ name: 'new', label: part[0] },
				],
				transitions: [{ name: 'come', label: part[0], arcs: [{ from: 's0', to: 'new' }] }],
			})})`);
		await shows(
			(format) => `smartwf.diagram('C${n}', '${format}', version => 2, compare_with => 1)`,
			[
				...part.map((label, s) => `${s === last ? '−' : '~'} ${label}`),
				`+ ${part[0]}`,
				...part.map((label) => `− ${label}`),
				`+ ${part[0]}`,
			],
		);
		await shows(
			(format) => `smartwf.diagram('C${n}', '${format}', version => 1, compare_with => 2)`,
			[
				...part.map((label, s) => `${s === last ? '+' : '~'} ${label}`),
				`− ${part[0]}`,
				...part.map((label) => `+ ${label}`),
				`− ${part[0]}`,
			],
		);
	}
});

test('flows with hostile names', async () => {
	const names = labels.filter((label) => /^\S([^\r\n]{0,98}\S)?$/.test(label) && label !== '\u00a0');
	for (const [n, part] of parts(names, 15).entries()) {
		const end = { name: 'the end', kind: 'finish' };
		const flow = {
			name: `F${n}`,
			stages: [
				...part.map((name) => ({ name, steps: [{ name, kind: 'update_model' }] })),
				{
					name: 'choose',
					steps: [
						{
							name: 'which?',
							kind: 'switch_case',
							settings: { field: 'a' },
							cases: Object.fromEntries(part.map((name) => [name, []])),
							default: [end],
						},
					],
				},
			],
		};
		sql(`SELECT smartwf.define_flow(${literal(flow)})`);
		await shows(
			(format) => `smartwf.flow_diagram('F${n}', '${format}')`,
			[...part, ...part, ...part, 'choose', 'which?', 'the end', 'else', 'end'],
		);
	}
	sql("SELECT smartwf.start_flow('F0')");
	await shows(
		(format) => `smartwf.flow_diagram('F0', '${format}', 1)`,
		[
			...names.slice(0, 15),
			...names.slice(0, 15),
			...names.slice(0, 15),
			'choose',
			'which?',
			'the end',
			'else',
			'end',
		],
	);
	assert.ok((await page.evaluate(() => document.querySelectorAll('.node.done').length)) > 1);
});

test('nothing that a label says was done', () => {
	assert.deepEqual(asked, []);
});
