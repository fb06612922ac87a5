/*
 * delivery.c
 *		Selects notifications that are due for delivery, and records the
 *		outcome.
 *
 * A worker claims a notification by postponing its next attempt.  If the
 * worker dies, the notification is tried again at that time.  So no lock is
 * held during a slow transfer, and each notification is delivered at least
 * once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "base/actor.h"
#include "base/argument.h"
#include "base/clock.h"
#include "base/notify_workers.h"
#include "base/subtransaction.h"
#include "storage/operator.h"
#include "storage/own_statement.h"
#include "storage/result.h"
#include "delivery.h"

/* Pauses between attempts, in microseconds. */
#define FIRST_PAUSE (10 * USECS_PER_SEC)
#define LONGEST_PAUSE USECS_PER_HOUR

/* The same failure is logged only once in that time. */
#define SAY_AGAIN USECS_PER_MINUTE

char	   *smtp_url = NULL;
char	   *smtp_from = NULL;
char	   *smtp_user = NULL;
char	   *smtp_password_file = NULL;
int			smtp_tls = TLS_IF_POSSIBLE;
char	   *push_url = NULL;
char	   *push_secret_file = NULL;
char	   *tls_ca_file = NULL;
int			delivery_timeout = 30;
int			delivery_attempts = 24;

static const struct config_enum_entry tls_choices[] = {
	{"off", TLS_OFF, false},
	{"if_possible", TLS_IF_POSSIBLE, false},
	{"required", TLS_REQUIRED, false},
	{NULL, 0, false}
};

static void
define_text(const char *name, const char *what, const char *more, char **variable)
{
	DefineCustomStringVariable(name, what, more, variable, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY,
							   NULL, NULL, NULL);
}

/* Called at library load.  Ordinary roles can neither set nor see these settings. */
void
delivery_init(void)
{
	define_text("smartwf.smtp_url", "Sets the URL of the mail server, as smtp://host:port or smtps://host:port.",
				"With an empty string, notifications on the channel smtp stay queued.", &smtp_url);
	define_text("smartwf.smtp_from", "Sets the sender's address of mails.", NULL, &smtp_from);
	define_text("smartwf.smtp_user", "Sets the user name for the mail server.",
				"An empty string means no authentication.", &smtp_user);
	define_text("smartwf.smtp_password_file", "Sets the file with the password for the mail server.", NULL, &smtp_password_file);
	define_text("smartwf.push_url", "Sets the URL for pushes to recipients without an address in smartwf.contacts.",
				"With an empty string, such recipients get only the NOTIFY.", &push_url);
	define_text("smartwf.push_secret_file", "Sets the file with the key that signs pushes.",
				"With an empty string, pushes are not signed.", &push_secret_file);
	define_text("smartwf.tls_ca_file", "Sets the file with the certificates of trusted certificate authorities.",
				"An empty string means those of the system.", &tls_ca_file);
	DefineCustomEnumVariable("smartwf.smtp_tls", "Sets whether mails are sent over TLS.", NULL, &smtp_tls,
							 TLS_IF_POSSIBLE, tls_choices, PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("smartwf.delivery_timeout", "Sets the maximum duration of one attempt at delivery.", NULL,
							&delivery_timeout, 30, 1, 3600, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("smartwf.delivery_attempts", "Sets the maximum number of attempts at delivery.", NULL,
							&delivery_attempts, 24, 1, 1000, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

static OwnStatement claim = {4, {TIMESTAMPTZOID, INT4OID, TIMESTAMPTZOID, BOOLOID},
	"UPDATE smartwf.notifications n SET due_at = $3, attempt = n.attempt OPERATOR(pg_catalog.+) 1"
	" FROM (SELECT d.id FROM (VALUES ('signalr', true), ('smtp', $4)) AS c (channel, is_on),"
	"  LATERAL (SELECT id, due_at FROM smartwf.notifications WHERE channel" EQ "c.channel AND due_at OPERATOR(pg_catalog.<=) $1"
	"   ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) d WHERE c.is_on ORDER BY d.due_at LIMIT $2) q"
	" WHERE n.id" EQ "q.id"
	" RETURNING n.id, n.channel, n.recipient, coalesce(n.address, (SELECT c.address FROM smartwf.contacts c"
	"  WHERE c.name" EQ "n.recipient AND c.channel" EQ "n.channel)), n.subject, n.body, n.render_type, n.key, n.attempt,"
	" n.run, n.step, n.created_at"
};

static OwnStatement find_next = {2, {TIMESTAMPTZOID, BOOLOID},
	"SELECT pg_catalog.min(due_at) FROM (SELECT (SELECT n.due_at FROM smartwf.notifications n"
	" WHERE n.channel" EQ "c.channel AND n.due_at OPERATOR(pg_catalog.>) $1 ORDER BY n.due_at LIMIT 1)"
	" FROM (VALUES ('signalr', true), ('smtp', $2)) AS c (channel, is_on) WHERE c.is_on) AS next (due_at)"
};

static OwnStatement deliver = {1, {INT8OID},
	"UPDATE smartwf.notifications SET status = 'delivered', due_at = NULL, error = NULL,"
	" attempt = attempt OPERATOR(pg_catalog.-) 1,"
	" delivered_at = pg_catalog.clock_timestamp() WHERE id" EQ "$1"
};

static OwnStatement fail = {4, {INT8OID, TEXTOID, TIMESTAMPTZOID, TEXTOID},
	"UPDATE smartwf.notifications SET status = $2, due_at = $3, error = $4"
	" WHERE id" EQ "$1 AND status" EQ "'queued'"
};

static OwnStatement deliver_again = {2, {TEXTOID, TIMESTAMPTZOID},
	"UPDATE smartwf.notifications SET status = 'queued', attempt = 0, due_at = $2"
	" WHERE status" EQ "'failed' AND error OPERATOR(pg_catalog.~~) $1"
};

/* A text as UTF-8.  Converting takes a transaction, which there is none of while sending. */
static char *
utf8_text(const QueryResult *result, int row, int column)
{
	char	   *text = result_text(result, row, column);

	return text == NULL ? NULL : pg_server_to_any(text, strlen(text), PG_UTF8);
}

static Delivery *
take_delivery(const QueryResult *result, int row)
{
	Delivery   *delivery = palloc0(sizeof(Delivery));

	delivery->id = result_bigint(result, row, 1);
	delivery->channel = result_text(result, row, 2);
	delivery->recipient = utf8_text(result, row, 3);
	delivery->address = utf8_text(result, row, 4);
	delivery->subject = utf8_text(result, row, 5);
	delivery->body = utf8_text(result, row, 6);
	delivery->is_html = strcmp(result_text(result, row, 7), "html") == 0;
	delivery->key = result_text(result, row, 8);
	delivery->attempt = result_int(result, row, 9);
	delivery->run = result_text(result, row, 10);
	delivery->step = utf8_text(result, row, 11);
	delivery->created_at = result_time(result, row, 12, 0);
	return delivery;
}

/* Mails stay queued until a server is configured. */
static bool
takes_mails(void)
{
	return smtp_url[0] != '\0';
}

/* Claim at most that many due notifications for this worker (Delivery *). */
List *
claim_deliveries(int most)
{
	TimestampTz now = clock_now();
	Datum		values[] = {
		TimestampTzGetDatum(now), Int32GetDatum(most),
		TimestampTzGetDatum(now + 2 * delivery_timeout * USECS_PER_SEC), BoolGetDatum(takes_mails()),
	};
	QueryResult	   *claimed = own_execute(&claim, values, NULL);
	List	   *deliveries = NIL;

	for (int i = 0; i < claimed->rows; i++)
		deliveries = lappend(deliveries, take_delivery(claimed, i));
	free_result(claimed);
	return deliveries;
}

/* The time when the next notification falls due; DT_NOEND if there is none. */
TimestampTz
next_due_delivery(void)
{
	Datum		values[] = {TimestampTzGetDatum(clock_now()), BoolGetDatum(takes_mails())};
	QueryResult	   *next = own_execute(&find_next, values, NULL);

	return next->rows == 0 ? DT_NOEND : result_time(next, 0, 1, DT_NOEND);
}

/*
 * Log an outcome.  If a server is down, every mail fails for the same reason:
 * log that once a minute, with the number of mails.
 */
static void
log_outcome(const Delivery *delivery, const char *what, const char *error)
{
	static TimestampTz next = 0;
	static char last_error[256] = "";
	static int	not_said = 0;
	bool		is_same = strncmp(last_error, error, sizeof(last_error) - 1) == 0;

	if (is_same && GetCurrentTimestamp() < next)
	{
		not_said++;
		return;
	}
	ereport(LOG,
			(errmsg("notification " INT64_FORMAT " by %s to \"%s\" %s: %s", delivery->id, delivery->channel,
					delivery->recipient, what, error),
			 not_said == 0 ? 0 : errdetail("%d more did so since the last message, for the reason told there.", not_said),
			 errhidestmt(true), errhidecontext(true)));
	strlcpy(last_error, error, sizeof(last_error));
	next = GetCurrentTimestamp() + SAY_AGAIN;
	not_said = 0;
}

/*
 * Record the outcome of an attempt: delivered, retry later, or failed for
 * good.  The attempt was counted when it was claimed, so that one which
 * crashes the process counts as well.
 */
void
note_outcome(const Delivery *delivery, const Outcome *outcome)
{
	bool		is_final = outcome->is_final || delivery->attempt >= delivery_attempts;
	Datum		values[4];

	values[0] = Int64GetDatum(delivery->id);
	if (outcome->is_delivered)
	{
		(void) own_execute(&deliver, values, NULL);
		return;
	}
	values[1] = CStringGetTextDatum(is_final ? "failed" : "queued");
	values[2] = TimestampTzGetDatum(next_attempt_at(delivery->attempt, FIRST_PAUSE, LONGEST_PAUSE));
	values[3] = CStringGetTextDatum(outcome->error);
	(void) own_execute(&fail, values, is_final ? "  n " : NULL);
	log_outcome(delivery, is_final ? "failed" : "is put off", outcome->error);
}

/* smartwf.deliver_again(error_like) */
PGDLLEXPORT PG_FUNCTION_INFO_V1(smartwf_deliver_again);
Datum
smartwf_deliver_again(PG_FUNCTION_ARGS)
{
	Datum		values[2];

	if (!is_operator())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only an operator can have notifications delivered again")));
	values[0] = CStringGetTextDatum(needed_argument(fcinfo, 0, "error_like"));
	values[1] = TimestampTzGetDatum(clock_now());
	notify_workers_at_commit(WORK_ON_DELIVERY);
	PG_RETURN_INT64(own_execute(&deliver_again, values, NULL)->processed);
}
