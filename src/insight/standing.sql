-- Where documents stand, since when, and what keeps them there.

-- The last line of history of each document, for those who operate.
CREATE VIEW smartwf.standings WITH (security_barrier) AS
SELECT e.docid, e.structure, w.name AS workflow, w.version, w.id AS version_id, l.state, l.at AS since
FROM smartwf.elements e CROSS JOIN LATERAL (
		SELECT h.workflow_id, h.to_state AS state, h.at FROM smartwf.history h WHERE h.docid = e.docid
		ORDER BY h.revision DESC LIMIT 1) l
	JOIN smartwf.workflows w ON w.id = smartwf.followed_version(e.structure, l.workflow_id, l.state)
WHERE e.deleted_at IS NULL AND (SELECT smartwf.is_operator());
COMMENT ON VIEW smartwf.standings IS
'Where the documents are, for operators: the version that each follows, its state, and since when it has been there or '
'was changed last, as history says.';
COMMENT ON COLUMN smartwf.standings.docid IS 'Document id.';
COMMENT ON COLUMN smartwf.standings.structure IS 'Structure of the document.';
COMMENT ON COLUMN smartwf.standings.workflow IS 'Workflow that the document follows.';
COMMENT ON COLUMN smartwf.standings.version IS 'Version of the workflow.';
COMMENT ON COLUMN smartwf.standings.version_id IS 'Id of that version.';
COMMENT ON COLUMN smartwf.standings.state IS 'State of the document.';
COMMENT ON COLUMN smartwf.standings.since IS 'Time of its last change.';
GRANT SELECT ON smartwf.standings TO PUBLIC;

CREATE VIEW smartwf.documents_by_state WITH (security_barrier) AS
SELECT s.structure, s.workflow, s.version, s.state, count(*) AS documents, min(s.since) AS oldest, max(s.since) AS newest
FROM smartwf.standings s GROUP BY s.structure, s.workflow, s.version, s.version_id, s.state;
COMMENT ON VIEW smartwf.documents_by_state IS
'How many documents are in each state of each version, for operators.';
COMMENT ON COLUMN smartwf.documents_by_state.structure IS 'Structure of the documents.';
COMMENT ON COLUMN smartwf.documents_by_state.workflow IS 'Workflow that they follow.';
COMMENT ON COLUMN smartwf.documents_by_state.version IS 'Version of the workflow.';
COMMENT ON COLUMN smartwf.documents_by_state.state IS 'State.';
COMMENT ON COLUMN smartwf.documents_by_state.documents IS 'Number of documents.';
COMMENT ON COLUMN smartwf.documents_by_state.oldest IS 'Time of the last change of the document that has not changed for longest.';
COMMENT ON COLUMN smartwf.documents_by_state.newest IS 'Time of the last change of all.';
GRANT SELECT ON smartwf.documents_by_state TO PUBLIC;

CREATE VIEW smartwf.state_durations WITH (security_barrier) AS
WITH stay AS (
	SELECT e.structure, w.name AS workflow, h.to_state AS state,
		lead(h.at) OVER (PARTITION BY h.docid ORDER BY h.revision) - h.at AS duration
	FROM smartwf.history h JOIN smartwf.elements e ON e.docid = h.docid JOIN smartwf.workflows w ON w.id = h.workflow_id
	WHERE h.at >= e.created_at)
SELECT s.structure, s.workflow, s.state, count(*) AS stays, avg(s.duration) AS average,
	percentile_cont(0.5) WITHIN GROUP (ORDER BY s.duration) AS median,
	percentile_cont(0.9) WITHIN GROUP (ORDER BY s.duration) AS ninth_decile, max(s.duration) AS longest
FROM stay s
WHERE s.state IS NOT NULL AND s.duration IS NOT NULL AND (SELECT smartwf.is_operator())
GROUP BY s.structure, s.workflow, s.state;
COMMENT ON VIEW smartwf.state_durations IS
'How long documents have stayed in states that they have left, for operators.';
COMMENT ON COLUMN smartwf.state_durations.structure IS 'Structure of the documents.';
COMMENT ON COLUMN smartwf.state_durations.workflow IS 'Workflow that they follow.';
COMMENT ON COLUMN smartwf.state_durations.state IS 'State.';
COMMENT ON COLUMN smartwf.state_durations.stays IS 'How many times a document has been there, and has left.';
COMMENT ON COLUMN smartwf.state_durations.average IS 'Average duration of these stays.';
COMMENT ON COLUMN smartwf.state_durations.median IS 'Half of the stays were shorter.';
COMMENT ON COLUMN smartwf.state_durations.ninth_decile IS 'Nine of ten stays were shorter.';
COMMENT ON COLUMN smartwf.state_durations.longest IS 'The longest stay.';
GRANT SELECT ON smartwf.state_durations TO PUBLIC;

-- Why documents do not leave a state, and after what time they count as stuck there.  A transition
-- is held if it is granted to nobody in particular, to whom a column names, or to a role that
-- somebody is a member of who can log in.
CREATE VIEW smartwf.holding_states WITH (security_barrier) AS
WITH RECURSIVE member (role, oid) AS (
	SELECT DISTINCT g.grantee, r.oid FROM smartwf.transition_grants g JOIN pg_roles r ON r.rolname = g.grantee
	WHERE g.kind = 'role'
	UNION
	SELECT m.role, x.member FROM member m JOIN pg_auth_members x ON x.roleid = m.oid
), held AS (
	SELECT DISTINCT m.role FROM member m JOIN pg_roles r USING (oid) WHERE r.rolcanlogin
), way AS (
	SELECT a.workflow_id, a.from_state, string_agg(format('"%s"', a.transition), ', ' ORDER BY a.transition) AS transitions,
		bool_or(NOT EXISTS (SELECT FROM smartwf.transition_grants g
				WHERE (g.workflow_id, g.transition) = (a.workflow_id, a.transition))
			OR EXISTS (SELECT FROM smartwf.transition_grants g
				WHERE (g.workflow_id, g.transition) = (a.workflow_id, a.transition)
					AND (g.kind = 'column' OR g.grantee IN (SELECT h.role FROM held h)))) AS is_open
	FROM smartwf.arcs a WHERE a.to_state <> a.from_state GROUP BY a.workflow_id, a.from_state)
SELECT s.workflow_id AS version_id, s.name AS state, CASE WHEN w.is_open IS FALSE
	THEN format('nobody holds the right to pass %s', w.transitions) END AS message, s.stale_after::interval AS stale_after
FROM smartwf.states s LEFT JOIN way w ON (w.workflow_id, w.from_state) = (s.workflow_id, s.name)
WHERE w.is_open IS FALSE OR s.stale_after IS NOT NULL;
COMMENT ON VIEW smartwf.holding_states IS
'States in which documents can be stuck: because nobody can pass a transition that leaves them, or after some time.';
COMMENT ON COLUMN smartwf.holding_states.version_id IS 'Id of the version of the workflow.';
COMMENT ON COLUMN smartwf.holding_states.state IS 'State.';
COMMENT ON COLUMN smartwf.holding_states.message IS 'Why nobody can leave it; null if somebody can.';
COMMENT ON COLUMN smartwf.holding_states.stale_after IS 'After that time a document is stuck there; null if never.';

CREATE VIEW smartwf.stuck_documents WITH (security_barrier) AS
SELECT s.docid, s.structure, s.workflow, s.version, s.state, s.since,
	CASE WHEN x.name IS NULL THEN 'unknown_state' WHEN h.message IS NOT NULL THEN 'no_way_out' ELSE 'stale' END AS code,
	CASE WHEN x.name IS NULL THEN format('version %s does not have the state "%s"', s.version, s.state)
		ELSE coalesce(h.message, format('it has been in state "%s" for longer than %s', s.state, h.stale_after)) END AS message
FROM smartwf.standings s LEFT JOIN smartwf.states x ON (x.workflow_id, x.name) = (s.version_id, s.state)
	LEFT JOIN smartwf.holding_states h ON (h.version_id, h.state) = (s.version_id, s.state)
WHERE x.name IS NULL OR h.message IS NOT NULL OR s.since + h.stale_after < clock_timestamp();
COMMENT ON VIEW smartwf.stuck_documents IS
'Documents that do not get on, for operators: in a state that nobody can leave, or for longer there than its "staleAfter" '
'allows. A guard or hook that would refuse is no reason to be here: see smartwf.why().';
COMMENT ON COLUMN smartwf.stuck_documents.docid IS 'Document id.';
COMMENT ON COLUMN smartwf.stuck_documents.structure IS 'Structure of the document.';
COMMENT ON COLUMN smartwf.stuck_documents.workflow IS 'Workflow that the document follows.';
COMMENT ON COLUMN smartwf.stuck_documents.version IS 'Version of the workflow.';
COMMENT ON COLUMN smartwf.stuck_documents.state IS 'State of the document.';
COMMENT ON COLUMN smartwf.stuck_documents.since IS 'Time of its last change.';
COMMENT ON COLUMN smartwf.stuck_documents.code IS
'no_way_out: nobody can pass a transition that leaves the state; stale: it has been there for too long; unknown_state: '
'its version does not have the state.';
COMMENT ON COLUMN smartwf.stuck_documents.message IS 'The same in words.';
GRANT SELECT ON smartwf.stuck_documents TO PUBLIC;
