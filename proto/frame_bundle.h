/*
 * frame_bundle.h: reads cameracast's FrameBundles, version 1, in C99 and C++.
 *
 * frame-bundle.md, beside this file, says what the bytes mean. This header checks them and hands out pointers into
 * them: it copies nothing, allocates nothing, and reads single bytes, so alignment and byte order do not matter.
 *
 *     fb_bundle bundle;
 *     fb_error error = fb_parse(&bundle, payload, size);
 *     if (error != FB_OK) { fprintf(stderr, "bundle: %s\n", fb_error_name(error)); return; }
 *
 *     fb_frame frame;
 *     for (fb_cursor at = fb_frames(&bundle); fb_next_frame(&at, &frame);)
 *         if (frame.pixel_format == FB_PIXEL_FORMAT_JPEG)
 *             show(frame.camera_id, frame.data, frame.data_size);
 *
 * A payload is one binary message of the WebSocket, or what follows the 8 bytes of a packet on the Unix socket.
 */
#ifndef CAMERACAST_FRAME_BUNDLE_H
#define CAMERACAST_FRAME_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Packets: what the Unix socket carries. */
#define FB_BUNDLE_PACKET_MAGIC UINT32_C(0xDEADBEEF)
#define FB_CONTROL_PACKET_MAGIC UINT32_C(0xDEADC0DE)
#define FB_PACKET_HEADER_SIZE 8u
#define FB_MAX_BUNDLE_SIZE (UINT32_C(64) << 20)
#define FB_MAX_CONTROL_SIZE (UINT32_C(64) << 10)

/* Bundles. */
#define FB_BUNDLE_MAGIC UINT32_C(0xCAFEBABE)
#define FB_VERSION 1u
#define FB_BUNDLE_HEADER_SIZE 24u
#define FB_FRAME_HEADER_SIZE 16u
#define FB_PIXEL_FORMAT_JPEG 1u

/* Extension blocks. */
#define FB_BLOCK_HEADER_SIZE 8u
#define FB_TAG_CAPTURE_INFO 1u
#define FB_TAG_SENDER 2u
#define FB_CAPTURE_INFO_PREFIX_SIZE 4u
#define FB_CAPTURE_INFO_ENTRY_SIZE 24u
#define FB_SENDER_SIZE 8u

/* The clock behind a capture time. */
#define FB_CLOCK_ARRIVAL 0u /* when the frame arrived at the host */
#define FB_CLOCK_CAMERA 1u  /* the camera's clock, mapped to the host's */
#define FB_CLOCK_PTP 2u

/* Why a payload is no bundle, or a packet none to take. fb_error_name() gives the names that the vectors use. */
typedef enum fb_error {
    FB_OK = 0,
    FB_NO_HEADER,       /* shorter than the bundle header */
    FB_MAGIC,           /* of a bundle or of a packet */
    FB_VERSION_UNKNOWN, /* not version 1 */
    FB_NO_CAMERA,       /* camera_count 0 */
    FB_FRAME_PAST_END,  /* a frame's header or data goes past the end */
    FB_CAMERA_TWICE,    /* two frames of one camera */
    FB_LEFT_OVER,       /* 1 to 7 bytes after the last frame or block */
    FB_BLOCK_PAST_END,  /* a block's body goes past the end */
    FB_BLOCK_TWICE,     /* a known tag stands twice */
    FB_BLOCK_TOO_SHORT, /* a known block is shorter than what it must hold */
    FB_TOO_LARGE        /* a packet's size is over the limit of its kind */
} fb_error;

/* A sound bundle. It points into the payload, which has to outlive it. Its plain fields are for reading. */
typedef struct fb_bundle {
    uint16_t camera_count;
    uint64_t seq;          /* +1 a bundle within one life of the sender */
    uint64_t timestamp_us; /* when the bundle was put together, us of the sender's clock */
    bool has_session;
    uint64_t session;           /* the sender's life; where it changes, seq starts again */
    size_t capture_info_count;  /* entries for fb_next_capture_info() */
    const uint8_t *frames_at;   /* the rest is for the functions below */
    const uint8_t *blocks_at;
    const uint8_t *end;
    const uint8_t *entries_at;
    size_t entry_size;
} fb_bundle;

typedef struct fb_frame {
    uint8_t camera_id;
    uint8_t pixel_format; /* FB_PIXEL_FORMAT_JPEG, or a value to pass over */
    uint32_t width;       /* pixels */
    uint32_t height;      /* pixels */
    uint32_t data_size;   /* bytes, may be 0 */
    const uint8_t *data;
} fb_frame;

typedef struct fb_block {
    uint16_t tag;
    uint32_t size; /* bytes of the body, may be 0 */
    const uint8_t *body;
} fb_block;

typedef struct fb_capture_info {
    uint8_t camera_id;
    uint8_t clock;            /* FB_CLOCK_... */
    uint64_t capture_time_us; /* Unix time */
    uint64_t frame_number;    /* the camera's own; a gap counts frames dropped or not streamed */
} fb_capture_info;

/* Where a walk stands. It is a value: to begin again, ask for a new one. */
typedef struct fb_cursor {
    const uint8_t *at;
    size_t left; /* frames, entries, or bytes of blocks */
    size_t step; /* bytes of an entry */
} fb_cursor;

static inline uint16_t fb_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (unsigned)p[1] << 8);
}

static inline uint32_t fb_u32(const uint8_t *p)
{
    return fb_u16(p) | (uint32_t)fb_u16(p + 2) << 16;
}

static inline uint64_t fb_u64(const uint8_t *p)
{
    return fb_u32(p) | (uint64_t)fb_u32(p + 4) << 32;
}

static inline fb_cursor fb_frames(const fb_bundle *bundle)
{
    fb_cursor cursor = {bundle->frames_at, bundle->camera_count, 0};
    return cursor;
}

/* Steps to the next frame; false after the last one. */
static inline bool fb_next_frame(fb_cursor *cursor, fb_frame *frame)
{
    const uint8_t *p = cursor->at;
    if (cursor->left == 0)
        return false;
    frame->camera_id = p[0];
    frame->pixel_format = p[1];
    frame->width = fb_u32(p + 4);
    frame->height = fb_u32(p + 8);
    frame->data_size = fb_u32(p + 12);
    frame->data = p + FB_FRAME_HEADER_SIZE;
    cursor->at = frame->data + frame->data_size;
    cursor->left--;
    return true;
}

static inline fb_cursor fb_blocks(const fb_bundle *bundle)
{
    fb_cursor cursor = {bundle->blocks_at, (size_t)(bundle->end - bundle->blocks_at), 0};
    return cursor;
}

/* Steps to the next extension block, known or not; false after the last one. */
static inline bool fb_next_block(fb_cursor *cursor, fb_block *block)
{
    if (cursor->left == 0)
        return false;
    block->tag = fb_u16(cursor->at);
    block->size = fb_u32(cursor->at + 4);
    block->body = cursor->at + FB_BLOCK_HEADER_SIZE;
    cursor->at = block->body + block->size;
    cursor->left -= FB_BLOCK_HEADER_SIZE + (size_t)block->size;
    return true;
}

static inline fb_cursor fb_capture_infos(const fb_bundle *bundle)
{
    fb_cursor cursor = {bundle->entries_at, bundle->capture_info_count, bundle->entry_size};
    return cursor;
}

/* Steps to the next entry of the capture info block; false after the last one, or where there is no such block. */
static inline bool fb_next_capture_info(fb_cursor *cursor, fb_capture_info *info)
{
    const uint8_t *p = cursor->at;
    if (cursor->left == 0)
        return false;
    info->camera_id = p[0];
    info->clock = p[1];
    info->capture_time_us = fb_u64(p + 8);
    info->frame_number = fb_u64(p + 16);
    cursor->left--;
    if (cursor->left > 0)
        cursor->at += cursor->step;
    return true;
}

static inline fb_error fb_check_frames(fb_bundle *bundle)
{
    bool seen[256] = {false};
    const uint8_t *p = bundle->frames_at;
    uint16_t i;
    for (i = 0; i < bundle->camera_count; i++) {
        size_t left = (size_t)(bundle->end - p);
        if (left < FB_FRAME_HEADER_SIZE || left - FB_FRAME_HEADER_SIZE < fb_u32(p + 12))
            return FB_FRAME_PAST_END;
        if (seen[p[0]])
            return FB_CAMERA_TWICE;
        seen[p[0]] = true;
        p += FB_FRAME_HEADER_SIZE + (size_t)fb_u32(p + 12);
    }
    bundle->blocks_at = p;
    return FB_OK;
}

static inline fb_error fb_read_capture_info(fb_bundle *bundle, const uint8_t *body, size_t size)
{
    size_t entries;
    if (bundle->entry_size != 0)
        return FB_BLOCK_TWICE;
    if (size < FB_CAPTURE_INFO_PREFIX_SIZE || fb_u16(body) < FB_CAPTURE_INFO_ENTRY_SIZE)
        return FB_BLOCK_TOO_SHORT;
    entries = size - FB_CAPTURE_INFO_PREFIX_SIZE;
    if (entries % fb_u16(body) != 0)
        return FB_BLOCK_TOO_SHORT;
    bundle->entry_size = fb_u16(body);
    bundle->entries_at = body + FB_CAPTURE_INFO_PREFIX_SIZE;
    bundle->capture_info_count = entries / bundle->entry_size;
    return FB_OK;
}

static inline fb_error fb_read_sender(fb_bundle *bundle, const uint8_t *body, size_t size)
{
    if (bundle->has_session)
        return FB_BLOCK_TWICE;
    if (size < FB_SENDER_SIZE)
        return FB_BLOCK_TOO_SHORT;
    bundle->has_session = true;
    bundle->session = fb_u64(body);
    return FB_OK;
}

static inline fb_error fb_read_blocks(fb_bundle *bundle)
{
    const uint8_t *p = bundle->blocks_at;
    while (p < bundle->end) {
        size_t left = (size_t)(bundle->end - p), size;
        fb_error error = FB_OK;
        if (left < FB_BLOCK_HEADER_SIZE)
            return FB_LEFT_OVER;
        size = fb_u32(p + 4);
        if (size > left - FB_BLOCK_HEADER_SIZE)
            return FB_BLOCK_PAST_END;
        if (fb_u16(p) == FB_TAG_CAPTURE_INFO)
            error = fb_read_capture_info(bundle, p + FB_BLOCK_HEADER_SIZE, size);
        else if (fb_u16(p) == FB_TAG_SENDER)
            error = fb_read_sender(bundle, p + FB_BLOCK_HEADER_SIZE, size);
        if (error != FB_OK)
            return error;
        p += FB_BLOCK_HEADER_SIZE + size;
    }
    return FB_OK;
}

/*
 * Checks the whole structure of a payload (not its pictures) and fills *bundle. Returns the first check that failed,
 * in the order of frame-bundle.md; *bundle is then not to be used.
 */
static inline fb_error fb_parse(fb_bundle *bundle, const uint8_t *payload, size_t size)
{
    static const fb_bundle nothing = {0, 0, 0, false, 0, 0, NULL, NULL, NULL, NULL, 0};
    fb_error error;
    *bundle = nothing;
    if (size < FB_BUNDLE_HEADER_SIZE)
        return FB_NO_HEADER;
    if (fb_u32(payload) != FB_BUNDLE_MAGIC)
        return FB_MAGIC;
    if (fb_u16(payload + 4) != FB_VERSION)
        return FB_VERSION_UNKNOWN;
    bundle->camera_count = fb_u16(payload + 6);
    bundle->seq = fb_u64(payload + 8);
    bundle->timestamp_us = fb_u64(payload + 16);
    bundle->frames_at = payload + FB_BUNDLE_HEADER_SIZE;
    bundle->end = payload + size;
    if (bundle->camera_count == 0)
        return FB_NO_CAMERA;
    error = fb_check_frames(bundle);
    return error != FB_OK ? error : fb_read_blocks(bundle);
}

/*
 * Reads the FB_PACKET_HEADER_SIZE bytes before each payload on the Unix socket. On FB_OK, *size bytes of a bundle
 * (*is_control false) or of a JSON control message (true) follow. On FB_MAGIC and FB_TOO_LARGE, close the connection.
 */
static inline fb_error fb_packet(const uint8_t *header, bool *is_control, uint32_t *size)
{
    uint32_t magic = fb_u32(header);
    if (magic != FB_BUNDLE_PACKET_MAGIC && magic != FB_CONTROL_PACKET_MAGIC)
        return FB_MAGIC;
    *is_control = magic == FB_CONTROL_PACKET_MAGIC;
    *size = fb_u32(header + 4);
    return *size > (*is_control ? FB_MAX_CONTROL_SIZE : FB_MAX_BUNDLE_SIZE) ? FB_TOO_LARGE : FB_OK;
}

/* The name of an error, as in the vectors and in frame-bundle.md. */
static inline const char *fb_error_name(fb_error error)
{
    switch (error) {
    case FB_OK: return "ok";
    case FB_NO_HEADER: return "no header";
    case FB_MAGIC: return "magic";
    case FB_VERSION_UNKNOWN: return "version";
    case FB_NO_CAMERA: return "no camera";
    case FB_FRAME_PAST_END: return "frame past end";
    case FB_CAMERA_TWICE: return "camera twice";
    case FB_LEFT_OVER: return "left over";
    case FB_BLOCK_PAST_END: return "block past end";
    case FB_BLOCK_TWICE: return "block twice";
    case FB_BLOCK_TOO_SHORT: return "block too short";
    case FB_TOO_LARGE: return "too large";
    }
    return "unknown error";
}

#ifdef __cplusplus
}
#endif

#endif
