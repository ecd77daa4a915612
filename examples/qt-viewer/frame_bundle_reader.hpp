// frame_bundle_reader.hpp: cameracast's FrameBundles in C++17, without Qt or anything else. To use it, take this file
// and proto/frame_bundle.h, the C reader that it makes comfortable.
//
//     const cameracast::Bundle bundle(message.data(), message.size());
//     if (!bundle) { std::cerr << "left out: " << bundle.error() << '\n'; return; }
//     for (const cameracast::Frame& frame : bundle.frames())
//         if (frame.pixel_format == FB_PIXEL_FORMAT_JPEG)
//             show(frame.camera_id, frame.data, frame.data_size);
//
// Nothing is copied or allocated: frames point into the message, which has to outlive them. The whole structure is
// checked before anything of it is given out, so a damaged message is an empty bundle with an error.
#ifndef CAMERACAST_FRAME_BUNDLE_READER_HPP
#define CAMERACAST_FRAME_BUNDLE_READER_HPP

#include "frame_bundle.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

namespace cameracast {

using Frame = fb_frame;              // camera_id, pixel_format, width, height, data, data_size
using CaptureInfo = fb_capture_info; // camera_id, clock, capture_time_us (Unix time), frame_number
using Block = fb_block;              // tag, body, size

namespace detail {
inline bool next(fb_cursor& at, Frame& frame) { return fb_next_frame(&at, &frame); }
inline bool next(fb_cursor& at, CaptureInfo& info) { return fb_next_capture_info(&at, &info); }
inline bool next(fb_cursor& at, Block& block) { return fb_next_block(&at, &block); }
} // namespace detail

// What a range-based `for` goes over.
template <typename Item>
class Range {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Item;
        using difference_type = std::ptrdiff_t;
        using pointer = const Item*;
        using reference = const Item&;

        Iterator() = default; // the end
        explicit Iterator(fb_cursor at) : at_(at) { ++*this; }

        reference operator*() const { return item_; }
        pointer operator->() const { return &item_; }
        Iterator& operator++()
        {
            there_ = detail::next(at_, item_);
            return *this;
        }
        Iterator operator++(int)
        {
            Iterator before = *this;
            ++*this;
            return before;
        }
        bool operator==(const Iterator& other) const
        {
            return there_ == other.there_ && (!there_ || (at_.at == other.at_.at && at_.left == other.at_.left));
        }
        bool operator!=(const Iterator& other) const { return !(*this == other); }

    private:
        fb_cursor at_{};
        Item item_{};
        bool there_ = false;
    };

    explicit Range(fb_cursor first) : first_(first) {}
    Iterator begin() const { return Iterator(first_); }
    Iterator end() const { return Iterator(); }

private:
    fb_cursor first_;
};

// One binary message of the WebSocket, or the payload of one packet on the Unix socket.
class Bundle {
public:
    Bundle(const void* message, std::size_t size)
        : error_(fb_parse(&bundle_, static_cast<const std::uint8_t*>(message), size))
    {
        if (error_ != FB_OK)
            bundle_ = fb_bundle{};
    }

    explicit operator bool() const { return error_ == FB_OK; }

    // Why it is no bundle, as proto/frame-bundle.md names it: "frame past end", "camera twice", …
    const char* error() const { return fb_error_name(error_); }

    // One more each bundle within one life of the sender. A gap may be what the bridge left out for this viewer.
    std::uint64_t seq() const { return bundle_.seq; }
    // When the bundle was put together, in µs of the sender's clock.
    std::uint64_t timestamp_us() const { return bundle_.timestamp_us; }
    // Which life of the sender this is (extension tag 2). Where it changes, seq starts again.
    std::optional<std::uint64_t> session() const
    {
        return bundle_.has_session ? std::optional<std::uint64_t>(bundle_.session) : std::nullopt;
    }

    Range<Frame> frames() const { return Range<Frame>(fb_frames(&bundle_)); }
    // When each picture was taken (extension tag 1).
    Range<CaptureInfo> capture_infos() const { return Range<CaptureInfo>(fb_capture_infos(&bundle_)); }
    // Every extension block, known here or not.
    Range<Block> blocks() const { return Range<Block>(fb_blocks(&bundle_)); }

    std::optional<CaptureInfo> capture_info(std::uint8_t camera_id) const
    {
        for (const CaptureInfo& info : capture_infos())
            if (info.camera_id == camera_id)
                return info;
        return std::nullopt;
    }

private:
    fb_bundle bundle_{};
    fb_error error_;
};

} // namespace cameracast

#endif
