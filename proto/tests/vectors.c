/*
 * Holds frame_bundle.h to the vectors. C99 and C++17; from this folder:
 *
 *     cc -std=c99 -I.. vectors.c -o /tmp/vectors && /tmp/vectors $(find ../vectors -name "*.hex")
 *
 * A line a vector; exit 1 where one disagrees, 2 where none was given.
 */
#include "frame_bundle.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text {
    char chars[1 << 18];
    size_t length;
} text;

static text file, expected, found;

static void print(text *to, const char *format, ...)
{
    size_t room = sizeof to->chars - to->length;
    int wrote;
    va_list arguments;
    va_start(arguments, format);
    wrote = vsnprintf(to->chars + to->length, room, format, arguments);
    va_end(arguments);
    if (wrote < 0 || (size_t)wrote >= room) {
        fprintf(stderr, "a text of more than %zu bytes\n", sizeof to->chars);
        exit(2);
    }
    to->length += (size_t)wrote;
}

static void load(text *to, const char *path)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        perror(path);
        exit(2);
    }
    to->length = fread(to->chars, 1, sizeof to->chars - 1, stream);
    to->chars[to->length] = '\0';
    fclose(stream);
}

/* What stands behind `# key: ` in the file, or NULL. */
static const char *comment(const char *key)
{
    static char value[256];
    const char *at = strstr(file.chars, key);
    size_t length;
    if (at == NULL)
        return NULL;
    at += strlen(key);
    length = strcspn(at, "\r\n");
    if (length >= sizeof value)
        length = sizeof value - 1;
    memcpy(value, at, length);
    value[length] = '\0';
    return value;
}

/* The file's bytes, in memory of exactly their size so that a sanitizer sees a read past them. */
static uint8_t *bytes_of_file(size_t *size)
{
    static uint8_t bytes[sizeof file.chars];
    const char *p = file.chars;
    uint8_t *exact;
    unsigned value;
    *size = 0;
    while (*p != '\0') {
        if (*p == '#')
            p += strcspn(p, "\n");
        else if (isspace((unsigned char)*p))
            p++;
        else if (isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]) && sscanf(p, "%2x", &value) == 1) {
            bytes[(*size)++] = (uint8_t)value;
            p += 2;
        } else {
            fprintf(stderr, "not hex: %.10s\n", p);
            exit(2);
        }
    }
    exact = (uint8_t *)malloc(*size > 0 ? *size : 1);
    if (exact == NULL)
        exit(2);
    memcpy(exact, bytes, *size);
    return exact;
}

/* The contents as the JSON files have them, without white space. */
static void print_contents(const fb_bundle *bundle)
{
    fb_frame frame;
    fb_capture_info info;
    fb_cursor at;
    const char *comma = "";
    uint32_t i;

    print(&found, "{\"seq\":\"%" PRIu64 "\",\"timestamp_us\":\"%" PRIu64 "\",", bundle->seq, bundle->timestamp_us);
    if (bundle->has_session)
        print(&found, "\"session\":\"%" PRIu64 "\",", bundle->session);
    else
        print(&found, "\"session\":null,");

    print(&found, "\"frames\":[");
    for (at = fb_frames(bundle); fb_next_frame(&at, &frame); comma = ",") {
        print(&found, "%s{\"camera_id\":%u,\"pixel_format\":%u,", comma, frame.camera_id, frame.pixel_format);
        print(&found, "\"width\":%" PRIu32 ",\"height\":%" PRIu32 ",\"data\":\"", frame.width, frame.height);
        for (i = 0; i < frame.data_size; i++)
            print(&found, "%02x", frame.data[i]);
        print(&found, "\"}");
    }
    print(&found, "],\"capture_info\":[");
    comma = "";
    for (at = fb_capture_infos(bundle); fb_next_capture_info(&at, &info); comma = ",") {
        print(&found, "%s{\"camera_id\":%u,\"clock\":%u,", comma, info.camera_id, info.clock);
        print(&found, "\"capture_time_us\":\"%" PRIu64 "\",", info.capture_time_us);
        print(&found, "\"frame_number\":\"%" PRIu64 "\"}", info.frame_number);
    }
    print(&found, "]}");
}

/* The blocks have to end where the payload does. */
static bool blocks_end_with(const fb_bundle *bundle, const uint8_t *end)
{
    fb_cursor at = fb_blocks(bundle);
    fb_block block;
    while (fb_next_block(&at, &block)) {
    }
    return at.at == end;
}

static void print_packets(const uint8_t *p, size_t size)
{
    const char *comma = "";
    while (size > 0) {
        bool is_control = false;
        uint32_t length = 0;
        fb_error error = size < FB_PACKET_HEADER_SIZE ? FB_OK : fb_packet(p, &is_control, &length);
        if (error != FB_OK || size < FB_PACKET_HEADER_SIZE || size - FB_PACKET_HEADER_SIZE < length) {
            print(&found, "%s%s", comma, error != FB_OK ? fb_error_name(error) : "cut short");
            return;
        }
        print(&found, "%s%s %" PRIu32, comma, is_control ? "control" : "bundle", length);
        comma = ", ";
        p += FB_PACKET_HEADER_SIZE + length;
        size -= FB_PACKET_HEADER_SIZE + length;
    }
    if (*comma == '\0')
        print(&found, "none");
}

static void expect_contents_of(const char *path)
{
    char json[4096];
    size_t i, length = 0;
    snprintf(json, sizeof json, "%.*s.json", (int)(strlen(path) - strlen(".hex")), path);
    load(&expected, json);
    for (i = 0; i < expected.length; i++)
        if (!isspace((unsigned char)expected.chars[i]))
            expected.chars[length++] = expected.chars[i];
    expected.chars[length] = '\0';
}

/* Every shorter beginning of a payload, in memory of its own size: whatever it is, it is not read past its end. */
static void read_every_cut_of(const uint8_t *payload, size_t size)
{
    size_t cut;
    for (cut = 1; cut < size; cut++) {
        uint8_t *exact = (uint8_t *)malloc(cut);
        fb_bundle bundle;
        if (exact == NULL)
            exit(2);
        memcpy(exact, payload, cut);
        found.length = 0;
        if (fb_parse(&bundle, exact, cut) == FB_OK)
            print_contents(&bundle);
        free(exact);
    }
}

static bool agrees(const char *path)
{
    size_t size;
    uint8_t *bytes;
    const char *kind;
    fb_bundle bundle;
    fb_error error;

    load(&file, path);
    bytes = bytes_of_file(&size);
    found.length = expected.length = 0;
    if ((kind = comment("\n# packets: ")) != NULL) {
        print(&expected, "%s", kind);
        print_packets(bytes, size);
    } else {
        read_every_cut_of(bytes, size);
        found.length = 0;
        error = fb_parse(&bundle, bytes, size);
        if ((kind = comment("\n# error: ")) != NULL)
            print(&expected, "%s", kind);
        else
            expect_contents_of(path);
        if (error != FB_OK)
            print(&found, "%s", fb_error_name(error));
        else if (blocks_end_with(&bundle, bytes + size))
            print_contents(&bundle);
        else
            print(&found, "blocks that do not end with the payload");
    }
    free(bytes);
    return strcmp(found.chars, expected.chars) == 0;
}

int main(int argc, char **argv)
{
    int i, disagree = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: vectors FILE.hex...\n");
        return 2;
    }
    for (i = 1; i < argc; i++) {
        if (agrees(argv[i])) {
            printf("agrees    %s\n", argv[i]);
        } else {
            printf("DISAGREES %s\n  expected %s\n  found    %s\n", argv[i], expected.chars, found.chars);
            disagree = 1;
        }
    }
    return disagree;
}
