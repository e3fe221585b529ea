#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace cambium::detail {

void check_failed(const std::string& values, std::source_location where) {
    std::fprintf(stderr, "broken invariant at %s:%u in %s [%s]\n", where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name(), values.c_str());
    std::fflush(stderr);
    std::abort();
}

}  // namespace cambium::detail
