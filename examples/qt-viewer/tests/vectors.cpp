// Holds frame_bundle_reader.hpp to the vectors. From this folder:
//
//     c++ -std=c++17 -I.. -I../../../proto vectors.cpp -o /tmp/vectors
//     /tmp/vectors ../../../proto/vectors/{good,malformed}/*.hex
//
// A line a vector; exit 1 where one disagrees, 2 where none was given or one cannot be read.
#include "frame_bundle_reader.hpp"

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using cameracast::Bundle;

namespace {

std::string contents_of_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::cerr << path << " cannot be read\n";
        std::exit(2);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

// What stands behind `# error: `; empty for a vector that is sound.
std::string expected_error(const std::string& text)
{
    const std::string key = "\n# error: ";
    const std::size_t at = text.find(key);
    if (at == std::string::npos)
        return {};
    const std::size_t from = at + key.size();
    return text.substr(from, text.find_first_of("\r\n", from) - from);
}

std::vector<std::uint8_t> bytes_of(const std::string& text)
{
    std::string digits;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        for (const char c : line[0] == '#' ? std::string() : line)
            if (!std::isspace(static_cast<unsigned char>(c)))
                digits += c;
    if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
        std::cerr << "not hex: " << digits << '\n';
        std::exit(2);
    }
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    return bytes;
}

std::string hex(const std::uint8_t* data, std::size_t size)
{
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; i++) {
        text += digits[data[i] >> 4];
        text += digits[data[i] & 15];
    }
    return text;
}

// The contents as the JSON files have them, without white space.
std::string contents(const Bundle& bundle)
{
    std::ostringstream out;
    out << "{\"seq\":\"" << bundle.seq() << "\",\"timestamp_us\":\"" << bundle.timestamp_us() << "\",\"session\":";
    if (bundle.session())
        out << '"' << *bundle.session() << '"';
    else
        out << "null";

    out << ",\"frames\":[";
    const char* comma = "";
    for (const cameracast::Frame& frame : bundle.frames()) {
        out << comma << "{\"camera_id\":" << unsigned{frame.camera_id};
        out << ",\"pixel_format\":" << unsigned{frame.pixel_format};
        out << ",\"width\":" << frame.width << ",\"height\":" << frame.height;
        out << ",\"data\":\"" << hex(frame.data, frame.data_size) << "\"}";
        comma = ",";
    }
    out << "],\"capture_info\":[";
    comma = "";
    for (const cameracast::CaptureInfo& info : bundle.capture_infos()) {
        out << comma << "{\"camera_id\":" << unsigned{info.camera_id} << ",\"clock\":" << unsigned{info.clock};
        out << ",\"capture_time_us\":\"" << info.capture_time_us;
        out << "\",\"frame_number\":\"" << info.frame_number << "\"}";
        comma = ",";
    }
    out << "]}";
    return out.str();
}

// Reads a payload in memory of exactly its size, so that a sanitizer sees a read past its end.
std::string what_is_read(const std::uint8_t* payload, std::size_t size)
{
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[size]);
    if (size > 0)
        std::memcpy(exact.get(), payload, size);
    const Bundle bundle(exact.get(), size);
    // Nothing is given out of what is damaged.
    if (!bundle)
        return bundle.frames().begin() == bundle.frames().end() ? bundle.error() : "frames of a damaged bundle";
    std::size_t in_blocks = 0;
    for (const cameracast::Block& block : bundle.blocks())
        in_blocks += FB_BLOCK_HEADER_SIZE + block.size;
    std::size_t in_frames = FB_BUNDLE_HEADER_SIZE;
    for (const cameracast::Frame& frame : bundle.frames())
        in_frames += FB_FRAME_HEADER_SIZE + frame.data_size;
    return in_frames + in_blocks == size ? contents(bundle) : "blocks that do not end with the payload";
}

bool agrees(const std::string& path)
{
    const std::string text = contents_of_file(path);
    const std::vector<std::uint8_t> bytes = bytes_of(text);
    for (std::size_t cut = 0; cut < bytes.size(); cut++)
        what_is_read(bytes.data(), cut);
    const std::string found = what_is_read(bytes.data(), bytes.size());

    std::string expected = expected_error(text);
    if (expected.empty())
        for (const char c : contents_of_file(path.substr(0, path.rfind(".hex")) + ".json"))
            if (!std::isspace(static_cast<unsigned char>(c)))
                expected += c;
    if (found == expected) {
        std::cout << "agrees    " << path << '\n';
        return true;
    }
    std::cout << "DISAGREES " << path << "\n  expected " << expected << "\n  found    " << found << '\n';
    return false;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2) {
        std::cerr << "usage: vectors FILE.hex...\n";
        return 2;
    }
    bool all = true;
    for (int i = 1; i < argc; i++)
        all = agrees(argv[i]) && all;
    return all ? 0 : 1;
}
