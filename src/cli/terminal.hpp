// Where a command reads its input and writes its output: standard streams for `node`, strings in
// tests.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "io/callback.hpp"
#include "io/task.hpp"

namespace cambium::cli {

class Terminal {
public:
    virtual ~Terminal() = default;
    // Standard input: what is there, at least one byte; 0 at the end. The loop goes on meanwhile.
    virtual io::Task<Result<size_t>> read(MutableBytes into) = 0;
    // Standard output, collected until flush(). flush() gives `end_of_stream` when nobody reads it
    // any more.
    virtual void write(std::string_view text) = 0;
    virtual Status flush() = 0;
    // Standard error, at once.
    virtual void say(std::string_view text) = 0;
    // From now on Ctrl-C and SIGTERM call `handle` instead of ending the process. Once.
    virtual void on_interrupt(io::Callback handle) { (void)handle; }
    // Whether a person reads standard error (progress is shown), or types standard input.
    [[nodiscard]] virtual bool said_to_person() const = 0;
    [[nodiscard]] virtual bool typed_by_person() const = 0;
};

}  // namespace cambium::cli
