-- Everything that could move a document, and all that keeps it.

CREATE FUNCTION smartwf.why(docid text, OUT kind text, OUT object text, OUT code text, OUT message text)
	RETURNS SETOF record
	LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	d record;
	way record;
BEGIN
	PERFORM smartwf.get_transitions(docid);	-- or its documented failure
	SELECT * INTO d FROM smartwf.document_state(docid);
	RETURN QUERY SELECT 'state', d.state, NULL::text, concat_ws(' ', format('%s version %s', d.workflow, d.version),
		'since ' || d.since, 'by ' || d.actor);
	IF d.locked_by IS NOT NULL THEN
		RETURN QUERY SELECT 'lock', d.locked_by, NULL::text, 'has locked the document';
	END IF;
	-- those in which nothing is in the way come first
	FOR way IN SELECT w.* FROM (SELECT t.transition, t.to_state, ARRAY(SELECT format('%s: %s', b.code, b.message)
				FROM smartwf.blockers(docid, t.transition) b) AS blockers
			FROM smartwf.document_transitions(docid) t WHERE t.valid) w ORDER BY cardinality(w.blockers) > 0, w.transition
	LOOP
		RETURN QUERY SELECT 'transition', way.transition, NULL::text, format('leads to state "%s"', way.to_state);
		RETURN QUERY SELECT 'blocker', way.transition, split_part(b, ': ', 1), substr(b, strpos(b, ': ') + 2)
			FROM unnest(way.blockers) AS b;
	END LOOP;
	IF NOT FOUND THEN
		RETURN QUERY SELECT 'transition', NULL::text, NULL::text, 'none leads out of the state';
	END IF;
	RETURN QUERY SELECT 'timer', t.timer, t.sqlstate, concat_ws(', ', format('task %s: %s', t.task, t.kind),
			CASE WHEN t.due_at IS NOT NULL THEN format('due at %s', t.due_at) END, t.message)
		FROM smartwf.timers t WHERE t.docid = why.docid ORDER BY t.due_at, t.timer, t.task;
	RETURN QUERY SELECT 'run', r.id::text, coalesce(r.sqlstate, r.status), concat_ws(', ', format('flow "%s"', r.flow),
			r.status, CASE WHEN r.step IS NOT NULL THEN format('at step "%s"', r.step) END, r.message)
		FROM smartwf.runs r WHERE r.docid = why.docid AND r.status NOT IN ('finished', 'cancelled') ORDER BY r.id;
	RETURN QUERY SELECT 'question', c.id::text, c.status, concat_ws(', ', nullif(c.message, ''),
			format('asked: %s', array_to_string(c.users, ', ')), CASE WHEN c.due_at IS NOT NULL
				THEN format('until %s', c.due_at) END)
		FROM smartwf.runs r JOIN smartwf.confirmations c ON c.run = r.id
		WHERE r.docid = why.docid AND c.status = 'open' ORDER BY c.id;
	RETURN QUERY SELECT 'migration', m.id::text, coalesce(x.sqlstate, x.status), concat_ws(', ',
			format('to version %s', m.version), m.status, x.message)
		FROM smartwf.migrations m JOIN smartwf.migration_documents x ON x.migration = m.id
		WHERE x.docid = why.docid AND (x.status <> 'done' OR m.status IN ('running', 'paused')) ORDER BY m.id;
	RETURN QUERY SELECT 'stuck', s.state, s.code, s.message FROM smartwf.stuck_documents s WHERE s.docid = why.docid;
	RETURN QUERY SELECT 'refusal', coalesce(f.transition, f.to_state), f.code, format('%s, %s: %s', f.at, f.actor, f.message)
		FROM smartwf.refusals f WHERE f.docid = why.docid ORDER BY f.at DESC LIMIT 10;
END
$$;
COMMENT ON FUNCTION smartwf.why(text) IS
'Returns where a document (docid, text) stands, everything that could move it, and what keeps it, one row each, as far '
'as the caller may see it: kind (text: state, lock, transition, blocker, timer, run, question, migration, stuck or '
'refusal), object (text: the state, who holds the lock, the transition, timer, or the id of the run, question or '
'migration), code (text: of the reason, an SQLSTATE or a status) and message (text). Nothing is changed: what guards and '
'hooks do is rolled back. Raises WF200, WF201, WF219 or WF227 if there is no such document, and WF400 if docid is null.';
