-- Notifications, inserted in the transaction that sends them, and delivered after its commit.

CREATE TABLE smartwf.contacts (
	name text NOT NULL,
	channel text NOT NULL CHECK (channel IN ('smtp', 'mail', 'signalr')),
	address text NOT NULL,
	PRIMARY KEY (name, channel)
);
COMMENT ON TABLE smartwf.contacts IS
'Addresses of roles and persons, one row for each name and channel. channel: smtp (address is an e-mail address) or '
'signalr (address is the URL to which notifications are pushed). The channel mail, the inbox in the database, needs '
'no address.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.contacts', '');

CREATE TABLE smartwf.notifications (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run bigint,
	step text,
	channel text NOT NULL CHECK (channel IN ('smtp', 'mail', 'signalr')),
	recipient text NOT NULL,
	address text,
	subject text NOT NULL DEFAULT '',
	body text NOT NULL,
	render_type text NOT NULL DEFAULT 'text' CHECK (render_type IN ('text', 'html')),
	status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'delivered', 'failed')),
	key uuid NOT NULL DEFAULT gen_random_uuid(),
	due_at timestamptz,
	attempt int NOT NULL DEFAULT 0,
	error text,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	delivered_at timestamptz,
	recipient_is_person boolean NOT NULL DEFAULT false,
	read_at timestamptz
);
CREATE INDEX notifications_recipient ON smartwf.notifications (recipient, id);
CREATE INDEX notifications_created_at ON smartwf.notifications USING brin (created_at) WITH (pages_per_range = 16);
CREATE INDEX notifications_due ON smartwf.notifications (channel, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE smartwf.notifications IS
'Notifications, one row for each recipient. channel: mail (the inbox in the database), smtp or signalr. status: '
'delivered (at once for mail), queued (smtp and signalr, until delivery) or failed. due_at: time of the next attempt; '
'attempt: number of attempts; error: the last error; key: identifies the notification, the same in every attempt. '
'recipient: a role, or a person if recipient_is_person is true; read_at: when the recipient marked it as read. Rows '
'can be read by their recipient and by administrators.';
SELECT pg_catalog.pg_extension_config_dump('smartwf.notifications', '');
SELECT pg_catalog.pg_extension_config_dump('smartwf.notifications_id_seq', '');

CREATE FUNCTION smartwf.names_caller(names text[], people text[] DEFAULT '{}') RETURNS boolean
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_names_caller';
COMMENT ON FUNCTION smartwf.names_caller(text[], text[]) IS
'Returns true if one of the names (text[]) means the caller. A name that is also in people (text[]) is the name of a '
'person, and means the caller if the token of the caller names that person; any other name is the name of a role, and '
'means the caller if they have its privileges. Always returns true for administrators.';

CREATE FUNCTION smartwf.person() RETURNS text
	LANGUAGE c STABLE AS 'MODULE_PATHNAME', 'smartwf_person';
COMMENT ON FUNCTION smartwf.person() IS
'Returns the name of the person for whom an answer counts (text): the person that the token of the caller names, or '
'otherwise the session user, regardless of SET ROLE; if the session user is a superuser, the current role.';

CREATE FUNCTION smartwf.deliver_again(error_like text DEFAULT '%') RETURNS bigint
	LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'smartwf_deliver_again';
COMMENT ON FUNCTION smartwf.deliver_again(text) IS
'Queues notifications again whose delivery has failed. error_like (text): a pattern, as for LIKE, for the error of '
'the notifications; by default, all failed notifications. Returns the number of notifications that were queued '
'(bigint). Raises 42501 unless the caller is an operator, and WF400 if the pattern is null.';

ALTER TABLE smartwf.notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY recipient ON smartwf.notifications FOR SELECT
	USING (smartwf.names_caller(ARRAY[recipient], CASE WHEN recipient_is_person THEN ARRAY[recipient] ELSE '{}' END));
GRANT SELECT ON smartwf.notifications TO PUBLIC;
