-- What people are asked and told, and what they do about it.

CREATE FUNCTION smartwf.answer_confirmation(confirmation bigint, choice text, comment text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_answer_confirmation';
COMMENT ON FUNCTION smartwf.answer_confirmation(bigint, text, text) IS
'Answers a confirmation (bigint) with one of its options (choice, text) and a comment (text). When as many as are '
'needed have given the same answer, it lands in the field, and the run goes on in this transaction, with the rights '
'of its starter; one that is left to workers (enqueue_flow) is queued. A person answers once, as whomever he acts. '
'Returns the status of the run (text). Raises WF410 for a confirmation that is closed or that the caller has answered, '
'42501 where he may not answer (excludeStarter, excludeAnswerersOf, delegated), WF400 for what is no option, 42704 '
'for one that does not ask the caller.';

CREATE FUNCTION smartwf.delegate(confirmation bigint, "to" text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_delegate';
COMMENT ON FUNCTION smartwf.delegate(bigint, text) IS
'Hands a confirmation (bigint) over to somebody else (to, text: a role, or a person in smartwf.contacts), who sees and '
'answers it from now on, and is told; the caller does so no more. Raises WF400 for somebody who is neither, or for the '
'caller himself, and as answer_confirmation().';

CREATE FUNCTION smartwf.mark_read(notification bigint, is_read boolean DEFAULT true) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_mark_read';
COMMENT ON FUNCTION smartwf.mark_read(bigint, boolean) IS
'Notes of a notification (bigint) by mail that the caller has read it, or (is_read, boolean: false) that he has not. '
'Raises 42704 for one that is not his.';

CREATE FUNCTION smartwf.delete_notification(notification bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_delete_notification';
COMMENT ON FUNCTION smartwf.delete_notification(bigint) IS
'Deletes a notification (bigint) by mail of the caller. Raises 42704 for one that is not his.';

-- by index, however much there is for others
CREATE FUNCTION smartwf.caller_names() RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(r.rolname::text) || CASE WHEN smartwf.actor_is_person() THEN ARRAY[smartwf.actor()] ELSE '{}' END
	FROM pg_roles r LEFT JOIN smartwf.known_roles k ON k.name = r.rolname
	WHERE pg_has_role(r.oid, 'USAGE') AND coalesce(k.role, r.oid::bigint) = r.oid::bigint
$$;
COMMENT ON FUNCTION smartwf.caller_names() IS
'The names that can mean the caller (text[]): the roles whose privileges he has, and smartwf.actor() where that is a '
'person; names_caller() tells which of both a name means. Raises nothing.';

-- the names are asked for once, not for each row
CREATE VIEW smartwf.inbox WITH (security_barrier) AS
SELECT n.created_at AS at, n.run, n.step, n.id AS notification, NULL::bigint AS confirmation, n.subject, n.body, NULL::text[] AS options,
	NULL::timestamptz AS due_at, n.read_at
FROM smartwf.notifications n
WHERE n.channel = 'mail' AND n.recipient = ANY ((SELECT smartwf.caller_names())::text[])
	AND smartwf.names_caller(ARRAY[n.recipient], CASE WHEN n.recipient_is_person THEN ARRAY[n.recipient] ELSE '{}' END)
UNION ALL
SELECT c.asked_at, c.run, c.step, NULL, c.id, '', c.message, c.options, c.due_at, NULL
FROM smartwf.confirmations c
WHERE c.status = 'open' AND c.users && (SELECT smartwf.caller_names()) AND smartwf.names_caller(c.users, c.people)
	AND (SELECT smartwf.person()) <> ALL (c.excluded)
	AND NOT EXISTS (SELECT FROM smartwf.answers a WHERE a.confirmation = c.id AND a.person = (SELECT smartwf.person()));
COMMENT ON VIEW smartwf.inbox IS
'What the caller was told by mail, and what he is asked and has not answered yet.';
COMMENT ON COLUMN smartwf.inbox.at IS 'When.';
COMMENT ON COLUMN smartwf.inbox.run IS 'The run that tells or asks.';
COMMENT ON COLUMN smartwf.inbox.step IS 'Its step.';
COMMENT ON COLUMN smartwf.inbox.notification IS 'The notification, where something is told.';
COMMENT ON COLUMN smartwf.inbox.confirmation IS 'The confirmation, where something is asked.';
COMMENT ON COLUMN smartwf.inbox.subject IS 'Subject of the notification.';
COMMENT ON COLUMN smartwf.inbox.body IS 'What is told or asked.';
COMMENT ON COLUMN smartwf.inbox.options IS 'The options of the confirmation.';
COMMENT ON COLUMN smartwf.inbox.due_at IS 'Until when an answer is wanted.';
COMMENT ON COLUMN smartwf.inbox.read_at IS 'When the notification was read; see mark_read().';
GRANT SELECT ON smartwf.inbox TO PUBLIC;
