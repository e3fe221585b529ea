#include "log/owner.hpp"

#include <map>

#include "base/number.hpp"

namespace cambium::log {

namespace {

constexpr std::string_view version = "1";

std::map<std::string_view, std::string_view> properties(std::string_view text) {
    std::map<std::string_view, std::string_view> found;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const size_t equals = line.find('=');
        if (line.starts_with('#') || equals == std::string_view::npos) continue;
        found[line.substr(0, equals)] = line.substr(equals + 1);
    }
    return found;
}

}  // namespace

std::string Owner::text() const {
    return "node " + std::to_string(node.value()) + " of cluster " + cluster.text();
}

std::string encode(const OwnerFile& file) {
    std::string out("version=");
    out.append(version);
    out += "\ncluster.id=" + file.owner.cluster.text();
    out += "\nnode.id=" + std::to_string(file.owner.node.value());
    out += "\ndirectory.id=" + file.directory.text() + "\n";
    return out;
}

Result<OwnerFile> decode_owner(std::string_view text) {
    const auto found = properties(text);
    const auto value = [&found](std::string_view name) {
        const auto at = found.find(name);
        return at == found.end() ? std::string_view() : at->second;
    };
    const std::string_view said = value("version");
    if (!said.empty() && said != version)
        return Error{Errc::unsupported_format, "version " + std::string(said)};
    OwnerFile file;
    file.owner.cluster = Uuid::parse(value("cluster.id"));
    file.directory = Uuid::parse(value("directory.id"));
    const int32_t node = whole_number<int32_t>(value("node.id")).value_or(-1);
    file.owner.node = NodeId(node);
    if (said.empty() || node < 0 || file.owner.cluster.zero() || file.directory.zero())
        return Error{Errc::corrupt_data, "it does not say whose the directory is"};
    return file;
}

}  // namespace cambium::log
