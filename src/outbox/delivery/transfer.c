/*
 * transfer.c
 *		Sends mails and live pushes, several at once, by libcurl.
 *
 * A transfer is allocated outside of PostgreSQL's memory contexts, as
 * libcurl's memory is.  Signals are blocked while libcurl works: it may start
 * a thread, which must not handle them.
 */
#include "postgres.h"

#include "transfer.h"

#ifdef WITHOUT_CURL

/* Built without libcurl: notifications stay queued. */
bool
transfer_is_possible(void)
{
	return false;
}

void
transfer_start(const Delivery *delivery)
{
}

int
transfers_under_way(void)
{
	return 0;
}

const Delivery *
transfer_wait(int milliseconds, Outcome *outcome)
{
	return NULL;
}

void
transfers_abandon(void)
{
}

#else

#include <curl/curl.h>
#include <signal.h>
#include <time.h>

#include "common/hmac.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "base/json_text.h"
#include "base/subtransaction.h"
#include "mail.h"

#define LONGEST_SECRET 4096

typedef struct Transfer
{
	const Delivery *delivery;
	CURL	   *curl;
	struct curl_slist *headers;
	struct curl_slist *recipients;
	curl_mime  *mime;
	char		error[CURL_ERROR_SIZE];
	struct Transfer *next;
}			Transfer;

static CURLM *multi = NULL;
static Transfer *transfers = NULL;	/* under way */

/* Transfers that failed before anything was sent. */
static Transfer *refused = NULL;

bool
transfer_is_possible(void)
{
	return true;
}

static void
hold_signals(sigset_t *before)
{
	sigset_t	all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static void
release_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* The content of responses is ignored. */
static size_t
ignore(char *data, size_t size, size_t number, void *argument)
{
	return size * number;
}

/* The first line of a file, NULL if the setting is empty. */
static char *
secret_of_file(const char *path)
{
	FILE	   *file;
	char	   *secret;
	size_t		length;

	if (path[0] == '\0')
		return NULL;
	file = AllocateFile(path, "r");
	if (file == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", path)));
	secret = palloc0(LONGEST_SECRET + 1);
	length = fread(secret, 1, LONGEST_SECRET, file);
	FreeFile(file);
	secret[length] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	return secret;
}

static void
add_header(Transfer *transfer, const char *name, const char *value)
{
	transfer->headers = curl_slist_append(transfer->headers, psprintf("%s: %s", name, value));
}

static void
set_common_options(Transfer *transfer)
{
	CURL	   *curl = transfer->curl;

	curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long) delivery_timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long) delivery_timeout);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	if (tls_ca_file[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, tls_ca_file);
}

/* Mails */

/* Converts line ends to CR LF, as in mails. */
static char *
with_crlf(const char *text)
{
	StringInfoData lines;

	initStringInfo(&lines);
	for (const char *c = text; *c != '\0'; c++)
		if (*c == '\n')
			appendStringInfoString(&lines, "\r\n");
		else if (*c != '\r')
			appendStringInfoChar(&lines, *c);
	return lines.data;
}

static char *
mail_date(void)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t		now = time(NULL);
	struct tm	utc;

	gmtime_r(&now, &utc);
	return psprintf("%s, %d %s %d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon],
					utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void
set_mail_headers(Transfer *transfer, const char *address)
{
	const Delivery *delivery = transfer->delivery;

	add_header(transfer, "Date", mail_date());
	add_header(transfer, "From", psprintf("<%s>", smtp_from));
	add_header(transfer, "To", strcmp(delivery->recipient, address) == 0 ? psprintf("<%s>", address) :
			   psprintf("%s\r\n <%s>", header_name(delivery->recipient), address));
	add_header(transfer, "Subject", header_text(delivery->subject));
	add_header(transfer, "Message-ID", psprintf("<%s@%s>", delivery->key, strrchr(smtp_from, '@') + 1));
	add_header(transfer, "Auto-Submitted", "auto-generated");
	curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, transfer->headers);
}

static void
set_mail_body(Transfer *transfer)
{
	curl_mimepart *part;

	transfer->mime = curl_mime_init(transfer->curl);
	part = curl_mime_addpart(transfer->mime);
	curl_mime_data(part, with_crlf(transfer->delivery->body), CURL_ZERO_TERMINATED);
	curl_mime_type(part, transfer->delivery->is_html ? "text/html; charset=UTF-8" : "text/plain; charset=UTF-8");
	curl_mime_encoder(part, "quoted-printable");
	curl_easy_setopt(transfer->curl, CURLOPT_MIMEPOST, transfer->mime);
}

static void
set_mail_server(Transfer *transfer)
{
	static const long levels[] = {
		[TLS_OFF] = CURLUSESSL_NONE,
		[TLS_IF_POSSIBLE] = CURLUSESSL_TRY,
		[TLS_REQUIRED] = CURLUSESSL_ALL,
	};
	char	   *password = secret_of_file(smtp_password_file);

	curl_easy_setopt(transfer->curl, CURLOPT_URL, smtp_url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(transfer->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
#else
	curl_easy_setopt(transfer->curl, CURLOPT_PROTOCOLS, CURLPROTO_SMTP | CURLPROTO_SMTPS);
#endif
	curl_easy_setopt(transfer->curl, CURLOPT_USE_SSL, levels[smtp_tls]);
	if (smtp_user[0] != '\0')
		curl_easy_setopt(transfer->curl, CURLOPT_USERNAME, smtp_user);
	if (password != NULL)
		curl_easy_setopt(transfer->curl, CURLOPT_PASSWORD, password);
}

/* The address of a mail: the known one, else the recipient's name if that is an address. */
static const char *
mail_address(const Delivery *delivery)
{
	const char *address = delivery->address != NULL ? delivery->address : delivery->recipient;

	if (!is_mail_address(smtp_from))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"smartwf.smtp_from\" is no mail address")));
	if (!is_mail_address(address))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 delivery->address == NULL ?
				 errmsg("\"%s\" has no address for smtp in smartwf.contacts", delivery->recipient) :
				 errmsg("\"%s\" is no mail address", address)));
	return address;
}

static void
prepare_mail(Transfer *transfer)
{
	const char *address = mail_address(transfer->delivery);

	set_mail_server(transfer);
	set_mail_headers(transfer, address);
	set_mail_body(transfer);
	transfer->recipients = curl_slist_append(NULL, psprintf("<%s>", address));
	curl_easy_setopt(transfer->curl, CURLOPT_MAIL_FROM, psprintf("<%s>", smtp_from));
	curl_easy_setopt(transfer->curl, CURLOPT_MAIL_RCPT, transfer->recipients);
	curl_easy_setopt(transfer->curl, CURLOPT_UPLOAD, 1L);
}

/* Live pushes */

static char *
push_body(const Delivery *delivery)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"id\": " INT64_FORMAT, delivery->id);
	append_string(&json, "key", delivery->key);
	append_string(&json, "recipient", delivery->recipient);
	append_string(&json, "subject", delivery->subject);
	append_string(&json, "body", delivery->body);
	append_string(&json, "renderType", delivery->is_html ? "html" : "text");
	append_member(&json, "run", delivery->run == NULL ? "null" : delivery->run);
	append_string(&json, "step", delivery->step);
	append_time(&json, "createdAt", delivery->created_at);
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* HMAC-SHA256 as hexadecimal digits. */
static char *
signature(const char *secret, const char *text)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *hex = palloc0(2 * sizeof(digest) + 1);
	pg_hmac_ctx *hmac = pg_hmac_create(PG_SHA256);

	if (hmac == NULL || pg_hmac_init(hmac, (const uint8 *) secret, strlen(secret)) < 0 ||
		pg_hmac_update(hmac, (const uint8 *) text, strlen(text)) < 0 ||
		pg_hmac_final(hmac, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not sign");
	pg_hmac_free(hmac);
	for (int i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	return hex;
}

static void
sign_push(Transfer *transfer, const char *body)
{
	char	   *secret = secret_of_file(push_secret_file);
	char	   *timestamp = psprintf(INT64_FORMAT, (int64) time(NULL));

	if (secret == NULL)
		return;
	add_header(transfer, "X-Smartwf-Timestamp", timestamp);
	add_header(transfer, "X-Smartwf-Signature",
			   psprintf("sha256=%s", signature(secret, psprintf("%s.%s", timestamp, body))));
}

static void
prepare_push(Transfer *transfer)
{
	const Delivery *delivery = transfer->delivery;
	char	   *body = push_body(delivery);

	add_header(transfer, "Content-Type", "application/json");
	add_header(transfer, "Idempotency-Key", delivery->key);
	sign_push(transfer, body);
	curl_easy_setopt(transfer->curl, CURLOPT_URL, delivery->address != NULL ? delivery->address : push_url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(transfer->curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(transfer->curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
	curl_easy_setopt(transfer->curl, CURLOPT_USERAGENT, "smartwf");
	curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(transfer->curl, CURLOPT_COPYPOSTFIELDS, body);
}

/* Transfers */

static void
free_transfer(Transfer *transfer)
{
	if (transfer->curl != NULL)
		curl_easy_cleanup(transfer->curl);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->recipients);
	if (transfer->mime != NULL)
		curl_mime_free(transfer->mime);
	free(transfer);
}

static void
open_multi(void)
{
	if (multi != NULL)
		return;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (multi = curl_multi_init()) == NULL)
		elog(ERROR, "could not start libcurl");
	curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 4L);
}

static void
prepare(Transfer *transfer)
{
	transfer->curl = curl_easy_init();
	if (transfer->curl == NULL)
		elog(ERROR, "could not start libcurl");
	set_common_options(transfer);
	if (strcmp(transfer->delivery->channel, "smtp") == 0)
		prepare_mail(transfer);
	else
		prepare_push(transfer);
	curl_multi_add_handle(multi, transfer->curl);
}

/* Is it a push without an address?  Then its NOTIFY was all there was to do. */
static bool
is_notify_alone(const Delivery *delivery)
{
	return strcmp(delivery->channel, "signalr") == 0 && delivery->address == NULL && push_url[0] == '\0';
}

/* For run_in_subtransaction(): composes and signs what a delivery sends. */
static void
prepare_now(void *argument)
{
	prepare(argument);
}

/*
 * Start a delivery, within a transaction.  If that fails, transfer_wait()
 * reports it.
 */
void
transfer_start(const Delivery *delivery)
{
	Transfer   *transfer;
	Transfer  **list = &refused;
	ErrorData  *error = NULL;

	open_multi();
	transfer = calloc(1, sizeof(Transfer));
	if (transfer == NULL)
		elog(ERROR, "out of memory");
	transfer->delivery = delivery;
	if (delivery->attempt > delivery_attempts)
		snprintf(transfer->error, CURL_ERROR_SIZE, "it was claimed %d times, and never came to an end",
				 delivery->attempt - 1);
	else if (!is_notify_alone(delivery))
	{
		error = run_in_subtransaction(prepare_now, transfer, false);
		if (error != NULL)
			strlcpy(transfer->error, error->message, CURL_ERROR_SIZE);
		else
			list = &transfers;
	}
	transfer->next = *list;
	*list = transfer;
}

int
transfers_under_way(void)
{
	int			number = 0;

	for (Transfer *transfer = transfers; transfer != NULL; transfer = transfer->next)
		number++;
	for (Transfer *transfer = refused; transfer != NULL; transfer = transfer->next)
		number++;
	return number;
}

static void
take_off_list(Transfer *transfer)
{
	Transfer  **place = &transfers;

	while (*place != transfer)
		place = &(*place)->next;
	*place = transfer->next;
}

/*
 * Will the server never accept this recipient or message?  Other refusals
 * (user, sender, TLS) are about the configuration, which can be corrected.
 */
static bool
is_refused_for_good(const Transfer *transfer, CURLcode result, long status)
{
	if (strcmp(transfer->delivery->channel, "smtp") == 0)
		return status >= 500 && status < 600 &&
			(strncmp(transfer->error, "RCPT failed", strlen("RCPT failed")) == 0 ||
			 result == CURLE_WEIRD_SERVER_REPLY);
	return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static void
classify_answer(const Transfer *transfer, CURLcode result, Outcome *outcome)
{
	bool		is_mail = strcmp(transfer->delivery->channel, "smtp") == 0;
	long		status = 0;

	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	outcome->is_delivered = result == CURLE_OK && (is_mail || (status >= 200 && status < 300));
	outcome->is_final = is_refused_for_good(transfer, result, status);
	if (outcome->is_delivered)
		return;
	if (result == CURLE_OK)
		outcome->error = psprintf("the server answered %ld", status);
	else
		outcome->error = pstrdup(transfer->error[0] != '\0' ? transfer->error : curl_easy_strerror(result));
	if (!pg_verifymbstr(outcome->error, strlen(outcome->error), true))
		outcome->error = "the server's answer is no text";
}

static const Delivery *
end_refused(Outcome *outcome)
{
	Transfer   *transfer = refused;
	const Delivery *delivery = transfer->delivery;

	refused = transfer->next;
	*outcome = (Outcome)
	{
		.is_delivered = transfer->error[0] == '\0', .error = pstrdup(transfer->error)
	};
	free_transfer(transfer);
	return delivery;
}

/* The next finished delivery and its outcome; NULL if there is none in that time. */
const Delivery *
transfer_wait(int milliseconds, Outcome *outcome)
{
	sigset_t	before;
	int			running;
	int			left;
	CURLMsg    *message;

	if (refused != NULL)
		return end_refused(outcome);
	hold_signals(&before);
	curl_multi_perform(multi, &running);
	message = curl_multi_info_read(multi, &left);
	release_signals(&before);
	if (message == NULL && running > 0)
		curl_multi_poll(multi, NULL, 0, milliseconds, NULL);
	if (message != NULL && message->msg == CURLMSG_DONE)
	{
		CURLcode	result = message->data.result;
		Transfer   *transfer;
		const Delivery *delivery;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		delivery = transfer->delivery;
		memset(outcome, 0, sizeof(Outcome));
		classify_answer(transfer, result, outcome);
		curl_multi_remove_handle(multi, transfer->curl);
		take_off_list(transfer);
		free_transfer(transfer);
		return delivery;
	}
	return NULL;
}

/* After an error: the transfers under way are dropped, to be retried later. */
void
transfers_abandon(void)
{
	while (transfers != NULL)
	{
		Transfer   *transfer = transfers;

		curl_multi_remove_handle(multi, transfer->curl);
		transfers = transfer->next;
		free_transfer(transfer);
	}
	while (refused != NULL)
	{
		Transfer   *transfer = refused;

		refused = transfer->next;
		free_transfer(transfer);
	}
}

#endif
