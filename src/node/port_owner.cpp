#include "node/port_owner.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace cambium::node {
namespace {

namespace fs = std::filesystem;

constexpr size_t command_length_max = 80;

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool holds_one_of(const fs::path& descriptors, const std::vector<std::string>& links) {
    std::error_code error;
    for (fs::directory_iterator at(descriptors, error), end; !error && at != end;
         at.increment(error)) {
        std::error_code unreadable;
        const fs::path target = fs::read_symlink(at->path(), unreadable);
        if (!unreadable && std::ranges::find(links, target.string()) != links.end()) return true;
    }
    return false;
}

std::string command_of(const fs::path& process) {
    std::string text = read_text(process / "cmdline");
    std::ranges::replace(text, '\0', ' ');
    while (text.ends_with(' ')) text.pop_back();
    if (text.size() > command_length_max) text.replace(command_length_max, text.npos, "...");
    return text;
}

}  // namespace

std::vector<std::string> listening_inodes(const std::string& table, uint16_t port) {
    std::vector<std::string> out;
    std::istringstream lines(table);
    std::string line;
    std::getline(lines, line);  // the names of the columns
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
        constexpr size_t local = 1;
        constexpr size_t state = 3;
        constexpr size_t inode = 9;
        if (fields.size() <= inode || fields[state] != "0A") continue;  // TCP_LISTEN
        const size_t colon = fields[local].rfind(':');
        unsigned number = 0;
        const char* const end = fields[local].data() + fields[local].size();
        std::from_chars(fields[local].data() + colon + 1, end, number, 16);
        if (number == port) out.push_back(fields[inode]);
    }
    return out;
}

std::optional<PortOwner> port_owner(uint16_t port) {
    std::vector<std::string> links;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        for (const std::string& inode : listening_inodes(read_text(table), port))
            links.push_back("socket:[" + inode + "]");
    }
    if (links.empty()) return std::nullopt;
    std::error_code error;
    for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        int pid = 0;
        const auto [stop, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (failed != std::errc{} || stop != name.data() + name.size()) continue;
        if (holds_one_of(at->path() / "fd", links)) return PortOwner{pid, command_of(at->path())};
    }
    return std::nullopt;
}

}  // namespace cambium::node
