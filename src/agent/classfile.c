#include "agent/classfile.h"

#include <stdbool.h>
#include <string.h>

enum {
    ACC_STATIC = 0x0008,
    ACC_NATIVE = 0x0100,
    ACC_INTERFACE = 0x0200,
    ACC_ABSTRACT = 0x0400,
};

enum { TAG_UTF8 = 1, TAG_LONG = 5, TAG_DOUBLE = 6, TAG_CLASS = 7 };

/* Bytes after the tag of a constant (JVM Specification 4.4); 0 = unknown tag. Utf8 has its text beyond
 * these. */
static const uint8_t constant_sizes[] = {
    [TAG_UTF8] = 2, [3] = 4,  [4] = 4,  [TAG_LONG] = 8, [TAG_DOUBLE] = 8, [TAG_CLASS] = 2,
    [8] = 2,        [9] = 4,  [10] = 4, [11] = 4,       [12] = 4,         [15] = 3,
    [16] = 2,       [17] = 4, [18] = 4, [19] = 2,       [20] = 2,
};

typedef struct {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool failed; /* sticky: later reads give 0 and do not move */
} reader_t;

/* Pool indexes of one text. Compilers write a text once; other agents append their own copy now and then.
 * More copies than fit are taken as a structure we do not know. */
enum { MAX_COPIES = 8 };

typedef struct {
    const char *text; /* NULL: nothing is looked for, every constant is passed over */
    uint16_t indexes[MAX_COPIES];
    unsigned count;
} constant_text_t;

typedef struct {
    constant_text_t class_name, method_name, method_descriptor, field_name, field_descriptor, code;
} names_t;

typedef struct {
    uint16_t flags;
    uint16_t name;
    uint16_t descriptor;
    uint16_t attributes;
    size_t start;           /* offset of the member in the file */
    size_t code, code_size; /* its Code attribute with header; size 0 = none */
} member_t;

enum { MEMBER_FLAGS = 0, MEMBER_ATTRIBUTES = 6 }; /* offsets from member_t.start */

static const uint8_t *take(reader_t *reader, size_t count)
{
    if (reader->failed || count > reader->size - reader->at) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += count;
    return bytes;
}

static unsigned read_u1(reader_t *reader)
{
    const uint8_t *bytes = take(reader, 1);
    return bytes != NULL ? bytes[0] : 0;
}

static uint16_t read_u2(reader_t *reader)
{
    const uint8_t *bytes = take(reader, 2);
    return bytes != NULL ? (uint16_t)(bytes[0] << 8 | bytes[1]) : 0;
}

static uint32_t read_u4(reader_t *reader)
{
    uint32_t high = read_u2(reader);
    return high << 16 | read_u2(reader);
}

static void write_u2(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

/* Steps over one constant; returns its tag. *value is its first u2: for Utf8 the length, for Class the name's
 * index. */
static unsigned read_constant(reader_t *reader, uint16_t *value, const uint8_t **text)
{
    unsigned tag = read_u1(reader);
    size_t size = tag < sizeof constant_sizes ? constant_sizes[tag] : 0;
    if (size == 0) reader->failed = true;
    *value = read_u2(reader);
    *text = take(reader, tag == TAG_UTF8 ? *value : size - 2);
    return tag;
}

static void note_text(reader_t *reader, constant_text_t *wanted, uint16_t index, const uint8_t *text,
                      size_t length)
{
    if (wanted->text == NULL || strlen(wanted->text) != length || memcmp(wanted->text, text, length) != 0)
        return;
    if (wanted->count == MAX_COPIES) {
        reader->failed = true;
        return;
    }
    wanted->indexes[wanted->count++] = index;
}

static void note_texts(reader_t *reader, names_t *names, uint16_t index, const uint8_t *text, size_t length)
{
    note_text(reader, &names->class_name, index, text, length);
    note_text(reader, &names->method_name, index, text, length);
    note_text(reader, &names->method_descriptor, index, text, length);
    note_text(reader, &names->field_name, index, text, length);
    note_text(reader, &names->field_descriptor, index, text, length);
    note_text(reader, &names->code, index, text, length);
}

static bool is_text(const constant_text_t *wanted, uint16_t index)
{
    for (unsigned i = 0; i < wanted->count; i++) {
        if (wanted->indexes[i] == index) return true;
    }
    return false;
}

/* Walks the constant pool. Notes where the wanted texts are (names may be NULL), and returns the name index
 * of the Class constant at `class_index`, 0 when there is none. */
static uint16_t read_pool(reader_t *reader, names_t *names, uint16_t class_index)
{
    uint16_t class_name = 0;
    unsigned count = read_u2(reader);
    if (count == 0) reader->failed = true;
    for (unsigned index = 1; index < count && !reader->failed;) {
        uint16_t value;
        const uint8_t *text;
        unsigned tag = read_constant(reader, &value, &text);
        if (reader->failed) return 0;
        if (tag == TAG_UTF8 && names != NULL) note_texts(reader, names, (uint16_t)index, text, value);
        if (tag == TAG_CLASS && index == class_index) class_name = value;
        index +=
            tag == TAG_LONG || tag == TAG_DOUBLE ? 2 : 1; /* JVM Specification 4.4.5: they take two entries */
        if (index > count) reader->failed = true;
    }
    return class_name;
}

/* Steps over one attribute; returns its name's index. */
static uint16_t read_attribute(reader_t *reader)
{
    uint16_t name = read_u2(reader);
    take(reader, read_u4(reader));
    return name;
}

static member_t read_member(reader_t *reader, const names_t *names)
{
    member_t member = {.start = reader->at};
    member.flags = read_u2(reader);
    member.name = read_u2(reader);
    member.descriptor = read_u2(reader);
    member.attributes = read_u2(reader);
    for (unsigned i = 0; i < member.attributes && !reader->failed; i++) {
        size_t start = reader->at;
        if (!is_text(&names->code, read_attribute(reader))) continue;
        if (member.code_size != 0) reader->failed = true; /* 4.7.3: at most one */
        member.code = start;
        member.code_size = reader->at - start;
    }
    return member;
}

/* Reads the fields; returns whether the one that proves the shape is among them. */
static bool read_fields(reader_t *reader, const names_t *names)
{
    bool found = names->field_name.text == NULL;
    unsigned count = read_u2(reader);
    for (unsigned i = 0; i < count && !reader->failed; i++) {
        member_t field = read_member(reader, names);
        if (is_text(&names->field_name, field.name) && is_text(&names->field_descriptor, field.descriptor) &&
            (field.flags & ACC_STATIC) == 0)
            found = true;
    }
    return found;
}

/* Reads the methods; returns whether the wanted one is among them, then in *found. */
static bool read_methods(reader_t *reader, const names_t *names, member_t *found)
{
    bool any = false;
    unsigned count = read_u2(reader);
    for (unsigned i = 0; i < count && !reader->failed; i++) {
        member_t method = read_member(reader, names);
        if (!is_text(&names->method_name, method.name) ||
            !is_text(&names->method_descriptor, method.descriptor))
            continue;
        if (any) reader->failed = true; /* 4.6: no two of the same name and descriptor */
        *found = method;
        any = true;
    }
    return any;
}

static void write_native(const uint8_t *input, size_t size, const member_t *method, uint8_t *output,
                         size_t *output_size)
{
    size_t after = method->code + method->code_size;
    memcpy(output, input, method->code);
    memcpy(output + method->code, input + after, size - after);
    write_u2(output + method->start + MEMBER_FLAGS, method->flags | ACC_NATIVE);
    write_u2(output + method->start + MEMBER_ATTRIBUTES, method->attributes - 1u);
    *output_size = size - method->code_size;
}

classfile_result_t classfile_make_native(const uint8_t *input, size_t size, const classfile_target_t *target,
                                         uint8_t *output, size_t *output_size)
{
    names_t names = {
        .class_name.text = target->class_name,
        .method_name.text = target->method_name,
        .method_descriptor.text = target->method_descriptor,
        .field_name.text = target->field_name,
        .field_descriptor.text = target->field_descriptor,
        .code.text = "Code",
    };
    reader_t reader = {.data = input, .size = size};
    if (read_u4(&reader) != 0xCAFEBABE) return CLASSFILE_MALFORMED;
    take(&reader, 4); /* minor and major version: nothing here depends on them */
    reader_t pool = reader;
    read_pool(&reader, &names, 0);
    uint16_t class_flags = read_u2(&reader);
    uint16_t class_name = read_pool(&pool, NULL, read_u2(&reader));
    take(&reader, 2);                            /* super_class */
    take(&reader, 2 * (size_t)read_u2(&reader)); /* interfaces */
    bool has_field = read_fields(&reader, &names);
    member_t method = {0};
    bool has_method = read_methods(&reader, &names, &method);
    unsigned attributes = read_u2(&reader);
    for (unsigned i = 0; i < attributes && !reader.failed; i++)
        read_attribute(&reader);

    if (reader.failed || reader.at != size || class_name == 0) return CLASSFILE_MALFORMED;
    if (!is_text(&names.class_name, class_name)) return CLASSFILE_OTHER_CLASS;
    if (!has_field) return CLASSFILE_NO_FIELD;
    if (!has_method || (class_flags & ACC_INTERFACE) != 0) return CLASSFILE_NO_METHOD;
    if ((method.flags & ACC_NATIVE) != 0) {
        return method.code_size == 0 ? CLASSFILE_ALREADY_NATIVE : CLASSFILE_MALFORMED;
    }
    if ((method.flags & (ACC_ABSTRACT | ACC_STATIC)) != 0 || method.code_size == 0)
        return CLASSFILE_NO_METHOD;
    write_native(input, size, &method, output, output_size);
    return CLASSFILE_REWRITTEN;
}

const char *classfile_result_text(classfile_result_t result)
{
    switch (result) {
    case CLASSFILE_REWRITTEN:
        return "was rewritten";
    case CLASSFILE_ALREADY_NATIVE:
        return "has the method native already";
    case CLASSFILE_NO_FIELD:
        return "has no field of the expected name and type";
    case CLASSFILE_NO_METHOD:
        return "has no method of the expected name and type with a body";
    case CLASSFILE_MALFORMED:
        return "is not a class file of a known structure";
    case CLASSFILE_OTHER_CLASS:
        return "is another class than expected";
    }
    return "gave an unknown result";
}
