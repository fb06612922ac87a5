/*
 * mail.h
 *		Encodes headers and checks addresses of mails.
 */
#ifndef SMARTWF_MAIL_H
#define SMARTWF_MAIL_H

#include "postgres.h"

extern char *header_text(const char *text);
extern char *header_name(const char *name);
extern bool is_mail_address(const char *address);

#endif
