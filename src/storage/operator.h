/*
 * operator.h
 *		Who operates runs and deliveries.
 */
#ifndef SMARTWF_OPERATOR_H
#define SMARTWF_OPERATOR_H

extern bool is_operator(void);

#endif
