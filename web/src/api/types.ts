// What the database answers.

export interface Me {
	actor: string;
	role: string;
	person: string;
	language: string;
	isAdministrator: boolean;
	mayDesign: boolean;
	mayOperate: boolean;
}

export interface Fault {
	severity: 'error' | 'warning';
	code: string;
	object: string;
	message: string;
	/** What can be done about it. */
	hint?: string | null;
}

export interface Step {
	name: string;
	kind: string;
	settings: Record<string, unknown>;
	else?: Step[];
	cases?: Record<string, Step[]>;
	default?: Step[];
	failure?: { retries: number; backoff: string; maximumBackoff: string; then: string; steps?: Step[] };
}
export interface Stage {
	name: string;
	steps: Step[];
}
export interface FlowDefinition {
	name: string;
	label: string;
	structure: string;
	restrictAccess: boolean;
	runAs: string;
	maxRuns: number | null;
	grants: { role: string }[];
	start: { role: string }[];
	managers: { role: string }[];
	model: { fields: { name: string; label?: string; type?: string; options?: string[] }[] } | null;
	stages: Stage[];
}
export interface DraftAnswer<Definition> {
	definition: Definition;
	faults: Fault[];
	version: number;
	revision: string;
	changedBy: string | null;
	changedAt: string | null;
}

export interface Choice {
	value: string;
	label: string;
}
export interface Setting {
	name: string;
	label: string;
	help: string;
	input: string;
	type: string;
	needed: boolean;
	rare: boolean;
	default: unknown;
	/** The setting that cannot be given beside it. */
	replaces: string | null;
	choices: Choice[] | null;
}
export interface Kind {
	name: string;
	group: string;
	label: string;
	help: string;
	settings: Setting[];
}
export interface Field {
	name: string;
	label: string;
	type: string;
	input: string;
	options: string[] | null;
	nullable: boolean;
}
export interface Catalogue {
	language: string;
	groups: { name: string; label: string }[];
	kinds: Kind[];
	failure: Setting[];
	structures: string[];
	fields: Field[];
	roles: string[];
	people: string[];
	templates: { name: string; description: string; properties: { name: string; label?: string; needed?: boolean }[] }[];
	dataflows: { name: string; description: string }[];
	routings: string[];
	transitions: {
		name: string;
		label: string;
		parameters: { name: string; label: string; type: string; needed: boolean }[];
	}[];
}

export interface FlowRow {
	flow: string;
	label: string;
	structure: string;
	version: number;
	is_paused: boolean;
	max_runs: number | null;
	may_start: boolean;
	may_manage: boolean;
}
export interface FlowVersion {
	flow: string;
	version: number;
	label: string;
	structure: string;
	status: 'draft' | 'published';
	owner: string | null;
	revision: string;
	changed_by: string | null;
	changed_at: string | null;
}

export interface InboxRow {
	at: string;
	run: number | null;
	step: string | null;
	notification: number | null;
	confirmation: number | null;
	subject: string;
	body: string;
	options: string[] | null;
	due_at: string | null;
	read_at: string | null;
	flow: string | null;
	flow_label: string | null;
	docid: string | null;
	field: string | null;
	answers_needed: number | null;
	answers: number;
	asked_as: string[];
}
export interface AnswerRow {
	confirmation: number;
	run: number;
	flow: string;
	docid: string | null;
	step: string;
	message: string;
	choice: string;
	comment: string | null;
	answered_at: string;
	status: string;
	outcome: string | null;
}

export interface DocumentRow {
	docid: string;
	structure: string;
	workflow: string;
	version: number;
	state: string | null;
	label: string | null;
	activity: string | null;
	color: string | null;
	since: string | null;
	actor: string | null;
	locked_by: string | null;
}
export interface NextState {
	state: string;
	label: string;
	color: string;
	transition: string;
	transition_label: string;
	error: string | null;
}
export interface HistoryRow {
	revision: number;
	at: string;
	actor: string;
	transition: string | null;
	from_state: string | null;
	to_state: string | null;
	comment: string | null;
	parameters: Record<string, unknown>;
	messages: string[] | null;
}
export interface LifecycleState {
	name: string;
	label: string;
	activity: string;
	color: string;
	initial: boolean;
}
export interface Arc {
	transition: string;
	label: string;
	from: string;
	to: string;
}
export interface Lifecycle {
	workflow: string;
	version: number;
	states: LifecycleState[];
	arcs: Arc[];
}
export interface RunRow {
	run: number;
	flow: string;
	flow_label: string;
	docid: string | null;
	status: string;
	step: string | null;
	actor: string;
	sqlstate: string | null;
	message: string | null;
	started_at: string;
	changed_at: string;
	version: number;
	attempt: number;
	due_at: string | null;
	priority: number;
	is_mine: boolean;
}
export interface RunStep {
	name: string;
	kind: string;
	status: string;
	attempts: number;
	startedAt: string | null;
	seconds: number | null;
	changes: Record<string, unknown> | null;
	error: { sqlstate: string; message: string } | null;
	waitingFor: string[] | null;
	branches: { branch: string; value: string | null; steps: RunStep[] }[];
}
export interface RunDocument {
	run: number;
	flow: string;
	version: number;
	label: string;
	docid: string | null;
	status: string;
	actor: string;
	startedAt: string;
	changedAt: string;
	step: string | null;
	error: { sqlstate: string; message: string; context: string | null } | null;
	stages: { name: string; steps: RunStep[] }[];
}
export interface SteerResult {
	run: number;
	ok: boolean;
	status: string | null;
	message: string | null;
}

export interface TimerRow {
	docid: string;
	timer: string;
	task: number;
	kind: string;
	due_at: string | null;
	attempt: number;
	message: string | null;
}
export interface DeliveryRow {
	notification: number;
	run: number | null;
	channel: string;
	recipient: string;
	status: string;
	attempt: number;
	error: string | null;
	due_at: string | null;
	created_at: string;
}
export interface WorkerRow {
	pid: number;
	work: string;
	state: string;
	doing: string | null;
	started_at: string;
	done: number;
	failed: number;
}
export interface MetricRow {
	metric: string;
	label: string;
	value: number;
}
export interface ActivityRow {
	at: string;
	outcome: string;
	steps: number;
	seconds: number;
}

export interface WorkflowState {
	name: string;
	label?: string;
	activity?: string;
	color?: string;
	initial?: boolean;
	/** After that time a document counts as stuck. */
	staleAfter?: string | null;
	timer?: string | null;
	flow?: string | null;
	flowQueued?: boolean | null;
}
export interface WorkflowParameter {
	name: string;
	label?: string;
	type?: string;
	needed?: boolean;
	multiple?: boolean;
	visibility?: string;
	options?: { values?: string[] | Record<string, string> };
}
export type WorkflowGrant = { role: string; column?: undefined } | { column: string; role?: undefined };
export interface WorkflowTransition {
	name: string;
	label?: string;
	arcs?: { from: string; to: string }[];
	askComment?: boolean | null;
	undo?: boolean | null;
	guard?: string | null;
	guardMessage?: string | null;
	m0?: string | null;
	m1?: string | null;
	m2?: string | null;
	m3?: string | null;
	parameters?: WorkflowParameter[];
	grants?: WorkflowGrant[];
	flow?: string | null;
	flowQueued?: boolean | null;
}
/** Labels in another language, by the name of what they are of. */
export type Labels = Partial<
	Record<'states' | 'activities' | 'transitions' | 'parameters', Record<string, string> | null>
>;
export interface WorkflowDefinition {
	name: string;
	label?: string;
	description?: string;
	locale?: string;
	states: WorkflowState[];
	transitions: WorkflowTransition[];
	timers?: { name: string; label?: string }[] | null;
	translations?: Record<string, Labels> | null;
	keepRefusals?: boolean;
}
export interface WorkflowVersion {
	workflow: string;
	version: number;
	label: string | null;
	description: string | null;
	status: 'draft' | 'published';
	/** Of the draft of an editor; null of versions that are stored as rows. */
	revision: string | null;
	changed_by: string | null;
	changed_at: string | null;
}
export interface WorkflowCatalogue {
	structures: string[];
	columns: { structure: string; name: string; type: string; holds: string[] | null }[];
	roles: string[];
	hooks: string[];
	flows: string[];
	templates: string[];
	parameterTypes: string[];
}
export type Change = 'added' | 'removed' | 'changed';
export interface Difference {
	change: Change;
	kind: string;
	object: string;
	property: string | null;
	before: unknown;
	after: unknown;
}
export interface PlanRow {
	from_version: number;
	state: string;
	elements: number;
	to_state: string | null;
	verdict: 'follows' | 'changes' | 'cannot';
	reason: string | null;
	timers: number;
	locks: number;
	questions: number;
	runs: number;
	plan: string;
}
export interface UndoPlanRow {
	from_version: number;
	state: string;
	elements: number;
	to_version: number | null;
	to_state: string | null;
	verdict: 'follows' | 'changes' | 'cannot';
	reason: string | null;
}
export interface SimulatedRow {
	docid: string;
	revision: number;
	transition: string | null;
	verdict: 'refused' | 'doubtful' | 'stuck';
	reason: string;
}
export interface MigrationRow {
	migration: number;
	structure: string;
	version: number;
	states: Record<string, string>;
	by_docid: boolean;
	undoes: number | null;
	status: 'running' | 'paused' | 'finished' | 'failed' | 'cancelled' | 'undone';
	documents: number;
	done: number;
	failed: number;
	message: string | null;
	actor: string;
	started_at: string;
	finished_at: string | null;
}
export interface MigrationDocument {
	docid: string;
	from_state: string | null;
	sqlstate: string | null;
	message: string | null;
}
export interface WhyRow {
	kind: string;
	object: string | null;
	code: string | null;
	message: string | null;
}
