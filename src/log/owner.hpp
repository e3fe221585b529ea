// Whose a data directory is (docs/formats/data-directory.md): `meta.properties`, in Kafka's form,
// so that a directory that strayed into the wrong machine or the wrong list is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/types.hpp"

namespace cambium::log {

struct Owner {
    Uuid cluster;
    NodeId node;
    bool operator==(const Owner&) const = default;
    // "node 3 of cluster AAAA..."
    [[nodiscard]] std::string text() const;
};

struct OwnerFile {
    Owner owner;
    Uuid directory;
};

[[nodiscard]] std::string encode(const OwnerFile& file);
// Errors: corrupt_data, unsupported_format.
[[nodiscard]] Result<OwnerFile> decode_owner(std::string_view text);

}  // namespace cambium::log
