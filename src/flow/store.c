/*
 * store.c
 *		The statements on the tables of runs.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "common/own_statement.h"
#include "store.h"


/* A queue for each flow and priority, found by hops through the index. */
#define QUEUES \
	"WITH RECURSIVE queue (flow, priority) AS (" \
	" (SELECT flow, priority FROM smartwf.runs WHERE due_at IS NOT NULL ORDER BY flow, priority LIMIT 1)" \
	" UNION ALL" \
	" SELECT n.flow, n.priority FROM queue q, LATERAL (SELECT r.flow, r.priority FROM smartwf.runs r" \
	"  WHERE r.due_at IS NOT NULL AND ROW (r.flow, r.priority) OPERATOR(pg_catalog.>) ROW (q.flow, q.priority)" \
	"  ORDER BY r.flow, r.priority LIMIT 1) n)"

static OwnStatement statements[NUMBER_OF_STORE_STATEMENTS] = {
	[INSERT_RUN] = {22, {INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID, INT4OID, JSONBOID, JSONBOID,
	TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, BOOLOID, INT4OID, INT4OID, INT4OID, TIMESTAMPTZOID},
		"INSERT INTO smartwf.runs (flow_id, flow, docid, key, starter, actor, actor_is_person, search_path, priority, model, base,"
		" status, step, sqlstate, message, context, due_at, by_worker, attempt, deaths, put_offs, changed_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)"
	" ON CONFLICT (flow, key) WHERE key IS NOT NULL DO NOTHING RETURNING id"},
	/* the heads of the queues: the higher priority first, then turn by turn */
	[DUE_RUNS] = {2, {TIMESTAMPTZOID, INT4OID},
		QUEUES
		" SELECT h.id, q.flow FROM queue q, LATERAL (SELECT r.id, r.due_at, pg_catalog.row_number() OVER (ORDER BY r.due_at) AS turn"
		"  FROM smartwf.runs r WHERE r.flow" EQ "q.flow AND r.priority" EQ "q.priority AND r.due_at OPERATOR(pg_catalog.<=) $1"
		"  ORDER BY r.due_at LIMIT $2) h"
	" ORDER BY q.priority DESC, h.turn, h.due_at, h.id"},
	[NEXT_DUE_RUN] = {1, {TIMESTAMPTZOID},
		QUEUES
		" SELECT pg_catalog.min(h.due_at) FROM queue q, LATERAL (SELECT r.due_at FROM smartwf.runs r"
		"  WHERE r.flow" EQ "q.flow AND r.priority" EQ "q.priority AND r.due_at OPERATOR(pg_catalog.>) $1"
	"  ORDER BY r.due_at LIMIT 1) h"},
	[RESTART_RUNS] = {3, {TEXTOID, TEXTOID, TIMESTAMPTZOID},
		"UPDATE smartwf.runs SET status = 'queued', due_at = $3, by_worker = true, attempt = 0, deaths = 0, put_offs = 0,"
		" changed_at = pg_catalog.clock_timestamp() WHERE flow" EQ "$1 AND status" EQ "'failed'"
	" AND message OPERATOR(pg_catalog.~~) $2"},
	[FIND_KEY] = {2, {TEXTOID, TEXTOID},
	"SELECT id FROM smartwf.runs WHERE flow" EQ "$1 AND key" EQ "$2"},
	[CLOSE_CONFIRMATIONS] = {1, {INT8OID},
		"UPDATE smartwf.confirmations SET status = 'cancelled', closed_at = pg_catalog.clock_timestamp()"
	" WHERE run" EQ "$1 AND status" EQ "'open'"},
	[END_WAIT] = {3, {INT8OID, TEXTOID, JSONBOID},
		"UPDATE smartwf.run_steps SET outcome = $2, changes = $3,"
		" duration = pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) started_at"
	" WHERE run" EQ "$1 AND outcome" EQ "'waiting'"},
	[FAIL_WAIT] = {3, {INT8OID, TEXTOID, TEXTOID},
		"UPDATE smartwf.run_steps SET outcome = 'failed', sqlstate = $2, message = $3,"
		" duration = pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) started_at"
	" WHERE run" EQ "$1 AND outcome" EQ "'waiting'"},
	[OPEN_CONFIRMATION] = {1, {INT8OID},
	"SELECT id FROM smartwf.confirmations WHERE run" EQ "$1 AND status" EQ "'open'"},
	[INSERT_CONFIRMATION] = {8, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID, INT4OID, TIMESTAMPTZOID},
		"INSERT INTO smartwf.confirmations (run, step, field, message, options, users, answers_needed, due_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
	" RETURNING id"},
	[READ_CONFIRMATION] = {1, {INT8OID},
		"SELECT run, step, field, options, users, answers_needed, status, message,"
		" ARRAY(SELECT a.actor FROM smartwf.answers a WHERE a.confirmation" EQ "c.id ORDER BY a.answered_at),"
		" ARRAY(SELECT a.choice FROM smartwf.answers a WHERE a.confirmation" EQ "c.id ORDER BY a.answered_at)"
	" FROM smartwf.confirmations c WHERE id" EQ "$1"},
	[INSERT_ANSWER] = {4, {INT8OID, TEXTOID, TEXTOID, TEXTOID},
	"INSERT INTO smartwf.answers (confirmation, actor, choice, comment) VALUES ($1, $2, $3, $4)"},
	[CLOSE_CONFIRMATION] = {3, {INT8OID, TEXTOID, TEXTOID},
		"UPDATE smartwf.confirmations SET status = $3, choice = $2, closed_at = pg_catalog.clock_timestamp()"
	" WHERE id" EQ "$1"},
	[DELEGATE_CONFIRMATION] = {2, {INT8OID, TEXTOID},
	"UPDATE smartwf.confirmations SET users = pg_catalog.array_append(users, $2) WHERE id" EQ "$1"},
	[INSERT_NOTIFICATION] = {8, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID},
		"INSERT INTO smartwf.notifications (run, step, channel, recipient, address, subject, body, render_type, status,"
		" due_at, delivered_at)"
		" VALUES ($1, $2, $3, $4, (SELECT address FROM smartwf.contacts WHERE name" EQ "$4 AND channel" EQ "$3),"
		" $5, $6, $7, CASE WHEN $3" EQ "'mail' THEN 'delivered' ELSE 'queued' END,"
		" CASE WHEN $3" EQ "'mail' THEN NULL ELSE $8 END, CASE WHEN $3" EQ "'mail' THEN pg_catalog.clock_timestamp() END)"
	" RETURNING id"},
	[READ_TEMPLATE] = {1, {TEXTOID},
	"SELECT subject, text_body, html_body FROM smartwf.templates WHERE name" EQ "$1"},
	[READ_PARTIALS] = {1, {TEXTOID},
		"SELECT pg_catalog.jsonb_object_agg(name, CASE WHEN $1" EQ "'html' THEN html_body ELSE text_body END)"
	" FROM smartwf.templates"},
	[READ_DATAFLOW] = {1, {TEXTOID},
	"SELECT function FROM smartwf.dataflows WHERE name" EQ "$1"},
	[FIELD_OPTIONS] = {2, {TEXTOID, TEXTOID},
	"SELECT smartwf.field_options($1, $2)"},
	[RUN_READERS] = {1, {INT8OID},
		"SELECT f.restrict_access, n.name"
		" FROM smartwf.runs r JOIN smartwf.flows f ON f.id" EQ "r.flow_id"
		" LEFT JOIN LATERAL (SELECT r.actor AS name WHERE f.restrict_access"
		" UNION ALL SELECT g.role FROM smartwf.flow_grants g WHERE g.flow_id" EQ "f.id AND f.restrict_access"
		" UNION ALL SELECT u.name FROM smartwf.confirmations c, pg_catalog.unnest(c.users) AS u (name)"
	" WHERE c.run" EQ "r.id AND f.restrict_access) n ON true WHERE r.id" EQ "$1"},
};

/*
 * Run a statement; rows touched.  USE looks at SPI_tuptable if there are any,
 * and must copy what it keeps to a memory context of its own.
 */
uint64
store_execute(StoreStatement statement, Datum *values, const char *nulls,
			  void (*use) (void *argument), void *argument)
{
	return own_execute(&statements[statement], values, nulls, use, argument);
}

/* The same for a statement that returns one text; NULL: no row, or null. */
char *
store_text(StoreStatement statement, Datum *values, const char *nulls)
{
	return own_text(&statements[statement], values, nulls);
}
