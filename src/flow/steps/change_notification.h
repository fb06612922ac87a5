/*
 * change_notification.h
 *		The notifications that a workflow sends when a document changes.
 */
#ifndef SMARTWF_CHANGE_NOTIFICATION_H
#define SMARTWF_CHANGE_NOTIFICATION_H

extern void change_notification_init(void);

#endif
