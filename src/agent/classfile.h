/*
 * Makes one method of a Java class native: sets ACC_NATIVE and drops the method's Code attribute. Nothing
 * else changes, so constant pool, stack maps and line numbers need no care, and HotSpot accepts the result
 * at first load and on retransformation alike (JVM Specification 4.6, 4.7.3; HotSpot compares modifiers
 * without JVM_ACC_NATIVE in compare_and_normalize_class_versions).
 *
 * Pure: no JVM, no allocation, safe on any input bytes.
 */
#ifndef ADAPTIVESTREAM_AGENT_CLASSFILE_H
#define ADAPTIVESTREAM_AGENT_CLASSFILE_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    CLASSFILE_REWRITTEN,      /* the output holds the new class */
    CLASSFILE_ALREADY_NATIVE, /* the method is native as it is: nothing to do */
    CLASSFILE_NO_FIELD,       /* the class lacks the field that shows its shape is known */
    CLASSFILE_NO_METHOD, /* no method of that name and descriptor, or it is abstract, static or without Code */
    CLASSFILE_MALFORMED,   /* truncated, inconsistent, or of an unknown structure */
    CLASSFILE_OTHER_CLASS, /* this_class is not the expected class */
} classfile_result_t;

typedef struct {
    const char *class_name; /* internal form, "org/apache/spark/util/SystemClock" */
    const char *method_name;
    const char *method_descriptor;
    const char *field_name; /* required field, or NULL */
    const char *field_descriptor;
} classfile_target_t;

/* The result in words for a log line: "has no method of that name", ... */
const char *classfile_result_text(classfile_result_t result);

/* Upper bound of the output's size is `size`: the rewriter only removes bytes. `output` must have room for
 * `size` bytes and must not overlap `input`. *output_size is set only with CLASSFILE_REWRITTEN. */
classfile_result_t classfile_make_native(const uint8_t *input, size_t size, const classfile_target_t *target,
                                         uint8_t *output, size_t *output_size);

#endif
