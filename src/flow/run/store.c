/*
 * store.c
 *		The statements on the tables of runs.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "base/subtransaction.h"
#include "storage/own_statement.h"
#include "store.h"


/* Flows whose newest version is paused or limited to no runs. */
#define STOPPED_FLOWS \
	"WITH RECURSIVE stopped AS (" \
	" SELECT f.name FROM smartwf.flows f WHERE (f.is_paused OR f.max_runs" EQ "0) AND f.status" EQ "'published' AND NOT EXISTS (" \
	"  SELECT FROM smartwf.flows n WHERE n.name" EQ "f.name AND n.status" EQ "'published'" \
	"   AND n.version OPERATOR(pg_catalog.>) f.version)),"

/* A queue for each flow and priority, found by skipping through the index. */
#define QUEUES \
	" queue (flow, priority) AS (" \
	" (SELECT flow, priority FROM smartwf.runs WHERE due_at IS NOT NULL ORDER BY flow, priority LIMIT 1)" \
	" UNION ALL" \
	" SELECT n.flow, n.priority FROM queue q, LATERAL (SELECT r.flow, r.priority FROM smartwf.runs r" \
	"  WHERE r.due_at IS NOT NULL AND ROW (r.flow, r.priority) OPERATOR(pg_catalog.>) ROW (q.flow, q.priority)" \
	"  ORDER BY r.flow, r.priority LIMIT 1) n)"

static OwnStatement statements[NUMBER_OF_STORE_STATEMENTS] = {
	/* the heads of the queues: by descending priority, then taking turns between flows */
	[DUE_RUNS] = {2, {TIMESTAMPTZOID, INT4OID},
		STOPPED_FLOWS QUEUES
		" SELECT h.id, q.flow FROM queue q, LATERAL (SELECT r.id, r.due_at, pg_catalog.row_number() OVER (ORDER BY r.due_at) AS turn"
		"  FROM smartwf.runs r WHERE r.flow" EQ "q.flow AND r.priority" EQ "q.priority AND r.due_at OPERATOR(pg_catalog.<=) $1"
		"  ORDER BY r.due_at LIMIT $2) h"
		" WHERE q.flow OPERATOR(pg_catalog.<>) ALL (ARRAY(SELECT name FROM stopped))"
	" ORDER BY q.priority DESC, h.turn, h.due_at, h.id"},
	[NEXT_DUE_RUN] = {1, {TIMESTAMPTZOID},
		"WITH RECURSIVE" QUEUES
		" SELECT pg_catalog.min(h.due_at) FROM queue q, LATERAL (SELECT r.due_at FROM smartwf.runs r"
		"  WHERE r.flow" EQ "q.flow AND r.priority" EQ "q.priority AND r.due_at OPERATOR(pg_catalog.>) $1"
	"  ORDER BY r.due_at LIMIT 1) h"},
	[RESTART_RUNS] = {3, {TEXTOID, TEXTOID, TIMESTAMPTZOID},
		"UPDATE smartwf.runs SET status = 'queued', due_at = $3, by_worker = true, attempt = 0, deaths = 0, put_offs = 0,"
		" changed_at = pg_catalog.clock_timestamp() WHERE flow" EQ "$1 AND status" EQ "'failed'"
	" AND message OPERATOR(pg_catalog.~~) $2"},
	[FIND_KEY] = {4, {TEXTOID, TEXTOID, TEXTOID, TEXTOID},
		"SELECT id FROM smartwf.runs WHERE flow" EQ "$1 AND key" EQ "$2 AND starter" EQ "$3 AND actor" EQ "$4"},
	[CLOSE_CONFIRMATIONS] = {1, {INT8OID},
		"UPDATE smartwf.confirmations SET status = 'cancelled', closed_at = pg_catalog.clock_timestamp()"
	" WHERE run" EQ "$1 AND status" EQ "'open'"},
	[INSERT_NOTIFICATION] = {9, {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, BOOLOID},
		"INSERT INTO smartwf.notifications (run, step, channel, recipient, address, subject, body, render_type, status,"
		" due_at, delivered_at, recipient_is_person)"
		" VALUES ($1, $2, $3, $4, (SELECT address FROM smartwf.contacts WHERE name" EQ "$4 AND channel" EQ "$3),"
		" $5, $6, $7, CASE WHEN $3" EQ "'mail' THEN 'delivered' ELSE 'queued' END,"
		" CASE WHEN $3" EQ "'mail' THEN NULL ELSE $8 END, CASE WHEN $3" EQ "'mail' THEN pg_catalog.clock_timestamp() END, $9)"
	" RETURNING id"},
	[READ_TEMPLATE] = {1, {TEXTOID},
	"SELECT subject, text_body, html_body FROM smartwf.templates WHERE name" EQ "$1"},
	[READ_PARTIALS] = {1, {TEXTOID},
		"SELECT pg_catalog.jsonb_object_agg(name, CASE WHEN $1" EQ "'html' THEN html_body ELSE text_body END)"
	" FROM smartwf.templates"},
	[READ_DATAFLOW] = {1, {TEXTOID},
	"SELECT function FROM smartwf.dataflows WHERE name" EQ "$1"},
	[FIELD_OPTIONS] = {3, {TEXTOID, TEXTOID, INT4OID},
	"SELECT coalesce(smartwf.field_options($1, $2), smartwf.model_options($3, $2))"},
	/* readers by name, with is_person; for answers, the array people distinguishes persons from roles */
	[RUN_READERS] = {1, {INT8OID},
		"SELECT f.restrict_access, r.docid, n.name, n.is_person,"
		" r.docid IS NOT NULL AND EXISTS (SELECT FROM smartwf.history h WHERE h.docid" EQ "r.docid AND h.to_state IS NULL"
		"  AND h.at OPERATOR(pg_catalog.>) r.started_at)"
		" FROM smartwf.runs r JOIN smartwf.flows f ON f.id" EQ "r.flow_id"
		" LEFT JOIN LATERAL (SELECT r.actor, r.actor_is_person"
		" UNION ALL SELECT g.role, false FROM smartwf.flow_grants g"
		"  WHERE g.flow_id" EQ "f.id AND g.privilege" EQ "ANY ('{read,manage}')"
		" UNION ALL SELECT u.name, u.name" EQ "ANY (c.people) FROM smartwf.confirmations c, pg_catalog.unnest(c.users) AS u (name)"
	"  WHERE c.run" EQ "r.id) n (name, is_person) ON f.restrict_access WHERE r.id" EQ "$1"},
	[FIND_CONTACT] = {1, {TEXTOID},
	"SELECT name FROM smartwf.contacts WHERE name" EQ "$1 LIMIT 1"},
	[PAUSE_FLOW] = {2, {TEXTOID, BOOLOID},
	"UPDATE smartwf.flows SET is_paused = $2 WHERE name" EQ "$1"},
	[MARK_READ] = {2, {INT8OID, BOOLOID},
		"UPDATE smartwf.notifications SET read_at = CASE WHEN $2 THEN coalesce(read_at, pg_catalog.clock_timestamp()) END"
	" WHERE id" EQ "$1"},
	[DELETE_NOTIFICATION] = {1, {INT8OID},
	"DELETE FROM smartwf.notifications WHERE id" EQ "$1"},
	[FIND_NOTIFICATION] = {1, {INT8OID},
	"SELECT recipient, recipient_is_person FROM smartwf.notifications WHERE id" EQ "$1 AND channel" EQ "'mail'"},
};

/* Run a statement. */
QueryResult *
store_execute(StoreStatement statement, Datum *values, const char *nulls)
{
	return own_execute(&statements[statement], values, nulls);
}

/* The same for a statement that returns one text; NULL if there is no row, or null. */
char *
store_text(StoreStatement statement, Datum *values, const char *nulls)
{
	return own_text(&statements[statement], values, nulls);
}
