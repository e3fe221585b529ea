#include "wire/schema.hpp"

namespace cambium::wire {
namespace {

std::string shown(const Versions& versions) {
    if (versions == never) return "-";
    std::string text = std::to_string(versions.first);
    if (versions.last == latest) return text + "+";
    if (versions.last == versions.first) return text;
    return text + "-" + std::to_string(versions.last);
}

}  // namespace

std::string SchemaLine::text() const {
    std::string line = path;
    for (const std::string& column : {type, versions, nullable, tag, absent}) {
        line.append("\t").append(column);
    }
    return line + "\t" + (ignorable ? "ignorable" : "-");
}

SchemaLine Schema::described(std::string_view name, const Field& field) {
    return {.path = std::string(name),
            .type = {},
            .versions = shown(field.versions),
            .nullable = shown(field.null_versions),
            .tag = field.tag == Field::no_tag ? "-" : std::to_string(field.tag),
            .absent = "-",
            .ignorable = field.drops};
}

}  // namespace cambium::wire
