#include "node/configuration.hpp"

#include <fstream>
#include <iterator>
#include <sstream>

#include <toml++/toml.h>

#include "io/network.hpp"

namespace cambium::node {
namespace {

std::string place(const std::string& file, const toml::source_region& source) {
    return file + ":" + std::to_string(source.begin.line);
}

// The text of a value as --set would take it; empty for what cannot be one.
std::optional<std::string> as_setting(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* real = node.as_floating_point()) {
        std::ostringstream out;
        out << real->get();
        return out.str();
    }
    const auto* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::string list;
    for (const toml::node& item : *array) {
        const std::optional<std::string> text = item.is_array() ? std::nullopt : as_setting(item);
        if (!text.has_value()) return std::nullopt;
        if (!list.empty()) list += ',';
        list += *text;
    }
    return list;
}

Status apply_table(const toml::table& table, const std::string& prefix, const std::string& file,
                   Settings& settings) {
    for (const auto& [key, node] : table) {
        const std::string name = prefix + std::string(key.str());
        if (const auto* nested = node.as_table()) {
            Status status = apply_table(*nested, name + ".", file, settings);
            if (!status.ok()) return status;
            continue;
        }
        const std::optional<std::string> value = as_setting(node);
        if (!value.has_value())
            return Error{Errc::invalid_config, place(file, node.source()) + ": " + name +
                                                   " has a value of no known kind"};
        const Status status = settings.set(name, *value);
        if (!status.ok())
            return Error{status.code(), place(file, node.source()) + ": " + status.error().context};
    }
    return {};
}

Status apply_file(const std::string& path, Settings& settings) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{Errc::invalid_config, "--config " + path + ": cannot be read"};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return apply_toml(text, path, settings);
}

Status apply_pair(const std::string& pair, Settings& settings) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos)
        return Error{Errc::invalid_config,
                     "--set " + pair + ": wants NAME=VALUE, as in num.partitions=3"};
    const Status status = settings.set(pair.substr(0, equals), pair.substr(equals + 1));
    if (!status.ok()) return Error{status.code(), "--set " + pair + ": " + status.error().context};
    return {};
}

Status apply_address(const std::string& option, const std::string& text, const std::string& name,
                     const std::string& prefix, Settings& settings) {
    const Result<io::Address> address = io::Address::parse(text);
    if (!address.ok()) return Error{Errc::invalid_config, option + ": " + address.error().context};
    return settings.set(name, prefix + text);
}

}  // namespace

Status apply_toml(std::string_view text, const std::string& file, Settings& settings) {
    try {
        return apply_table(toml::parse(text, file), "", file, settings);
    } catch (const toml::parse_error& error) {
        return Error{Errc::invalid_config,
                     place(file, error.source()) + ": " + std::string(error.description())};
    }
}

Result<Settings> configured(const ServeArgs& args) {
    Settings settings;
    Status status;
    if (!args.config.empty()) status = apply_file(args.config, settings);
    for (const std::string& pair : args.set)
        if (status.ok()) status = apply_pair(pair, settings);
    if (status.ok() && !args.data.empty()) status = settings.set("log.dirs", args.data);
    if (status.ok() && !args.listen.empty())
        status = apply_address("--listen", args.listen, "listeners", "PLAINTEXT://", settings);
    if (status.ok() && args.http == "none") status = settings.set("http.listener", "");
    else if (status.ok() && !args.http.empty())
        status = apply_address("--http", args.http, "http.listener", "", settings);
    if (!status.ok()) return status.error();
    return settings;
}

}  // namespace cambium::node
