// What tests of files have in common.
#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

#include <doctest/doctest.h>

namespace cambium::real {

// A directory for one test, removed with everything in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name =
            (std::filesystem::temp_directory_path() / "cambium-test-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root_ = name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(root_); }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return root_ + "/" + name;
    }

private:
    std::string root_;
};

}  // namespace cambium::real
