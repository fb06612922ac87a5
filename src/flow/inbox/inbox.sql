-- The inbox: questions and notifications.

CREATE FUNCTION smartwf.answer_confirmation(confirmation bigint, choice text, comment text DEFAULT NULL) RETURNS text
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_answer_confirmation';
COMMENT ON FUNCTION smartwf.answer_confirmation(bigint, text, text) IS
'Answers a question. confirmation (bigint): the question, as listed in smartwf.inbox; choice (text): one of its '
'options; comment (text): an optional comment. When as many persons as needed have given the same answer, it is '
'stored in the field of the model, and the run continues in the current transaction, or is queued if workers execute '
'it or the flow is paused. Each person can answer once, whatever role they use. Returns the status of the run (text). '
'Raises WF410 if the question is closed, or the caller has already answered it, 42501 if the caller is excluded '
'(excludeStarter, excludeAnswerersOf) or has delegated the question, 42704 if there is no such question for the '
'caller, and WF400 if choice is not one of the options.';

CREATE FUNCTION smartwf.delegate(confirmation bigint, "to" text) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_delegate';
COMMENT ON FUNCTION smartwf.delegate(bigint, text) IS
'Delegates a question that the caller is asked to another role or person, who is notified. The caller can no longer '
'answer it. confirmation (bigint): the question; to (text): a role, or a person in smartwf.contacts. Raises WF410 if '
'the question is closed, or the caller has already answered it, 42501 if the caller may not answer it, 42704 if there '
'is no such question for the caller, and WF400 if to is neither a role nor a person in smartwf.contacts, is the '
'caller, or may not answer.';

CREATE FUNCTION smartwf.mark_read(notification bigint, is_read boolean DEFAULT true) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_mark_read';
COMMENT ON FUNCTION smartwf.mark_read(bigint, boolean) IS
'Marks a notification in the inbox of the caller as read. notification (bigint): the notification; is_read (boolean): '
'false marks it as unread. Raises 42704 if there is no such notification for the caller, and WF400 if notification is '
'null.';

CREATE FUNCTION smartwf.delete_notification(notification bigint) RETURNS void
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_delete_notification';
COMMENT ON FUNCTION smartwf.delete_notification(bigint) IS
'Deletes a notification (bigint) from the inbox of the caller. Raises 42704 if there is no such notification for the '
'caller, and WF400 if notification is null.';

-- for the inbox, which finds the rows of these names by index
CREATE FUNCTION smartwf.caller_names() RETURNS text[]
	LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT array_agg(r.rolname::text) || CASE WHEN smartwf.actor_is_person() THEN ARRAY[smartwf.actor()] ELSE '{}' END
	FROM pg_roles r LEFT JOIN smartwf.known_roles k ON k.name = r.rolname
	WHERE pg_has_role(r.oid, 'USAGE') AND coalesce(k.role, r.oid::bigint) = r.oid::bigint
$$;
COMMENT ON FUNCTION smartwf.caller_names() IS
'Returns the names that can mean the caller (text[]): the roles whose privileges the current role has, and, if '
'smartwf.actor() is a person, the name of that person. Whether a name means the role or the person is decided by '
'smartwf.names_caller().';

-- the subqueries determine the names once, not for each row
CREATE VIEW smartwf.inbox WITH (security_barrier) AS
SELECT n.created_at AS at, n.run, n.step, n.id AS notification, NULL::bigint AS confirmation, n.subject, n.body,
	NULL::text[] AS options,
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
'Inbox of the caller: notifications on the channel mail, and open questions that the caller has not answered yet.';
COMMENT ON COLUMN smartwf.inbox.at IS 'Time of the notification or question.';
COMMENT ON COLUMN smartwf.inbox.run IS 'Run that has sent the notification or asks the question.';
COMMENT ON COLUMN smartwf.inbox.step IS 'Step that has sent the notification or asks the question.';
COMMENT ON COLUMN smartwf.inbox.notification IS 'Id of the notification; null for a question.';
COMMENT ON COLUMN smartwf.inbox.confirmation IS
'Id of the question, to be answered by answer_confirmation(); null for a notification.';
COMMENT ON COLUMN smartwf.inbox.subject IS 'Subject of the notification; empty for a question.';
COMMENT ON COLUMN smartwf.inbox.body IS 'Text of the notification or question.';
COMMENT ON COLUMN smartwf.inbox.options IS 'Possible answers to the question; null for a notification.';
COMMENT ON COLUMN smartwf.inbox.due_at IS 'Time at which the question expires; null if it does not.';
COMMENT ON COLUMN smartwf.inbox.read_at IS 'Time at which the notification was marked as read; see mark_read().';
GRANT SELECT ON smartwf.inbox TO PUBLIC;
