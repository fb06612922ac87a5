/*
 * delivery.h
 *		Selects notifications that are due for delivery, and records the
 *		outcome.
 */
#ifndef SMARTWF_DELIVERY_H
#define SMARTWF_DELIVERY_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

/* A notification, with its texts in UTF-8. */
typedef struct Delivery
{
	int64		id;
	char	   *channel;		/* smtp or signalr */
	char	   *recipient;
	char	   *address;		/* NULL if not known */
	char	   *subject;
	char	   *body;
	bool		is_html;
	char	   *key;			/* the same for every attempt */
	int			attempt;		/* number of this attempt, from 1 */
	char	   *run;			/* NULL if none */
	char	   *step;
	TimestampTz created_at;
}			Delivery;

/* The outcome of an attempt. */
typedef struct Outcome
{
	bool		is_delivered;
	bool		is_final;		/* the failure is permanent, retrying is of no use */
	char	   *error;
}			Outcome;

/* Settings of deliveries; empty if not set. */
extern char *smtp_url;
extern char *smtp_from;
extern char *smtp_user;
extern char *smtp_password_file;
extern int	smtp_tls;
extern char *push_url;
extern char *push_secret_file;
extern char *tls_ca_file;
extern int	delivery_timeout;	/* seconds */
extern int	delivery_attempts;

enum
{
	TLS_OFF, TLS_IF_POSSIBLE, TLS_REQUIRED
};

extern void delivery_init(void);
extern List *claim_deliveries(int most);
extern TimestampTz next_due_delivery(void);
extern void note_outcome(const Delivery *delivery, const Outcome *outcome);

#endif
