// Standard input, output and error as the commands' Terminal.
//
// Reading blocks and therefore happens on a worker; at most one read at a time. Output is collected
// and written when 64 KiB are there or flush() asks for it, blocking: these are pipes, files and
// terminals.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "io/callback.hpp"
#include "io/world.hpp"
#include "real/loop.hpp"

namespace cambium::node {

class StandardStreams : public cli::Terminal {
public:
    StandardStreams(io::World& world, real::RealLoop& loop);

    io::Task<Result<size_t>> read(MutableBytes into) override;
    void write(std::string_view text) override;
    Status flush() override;
    void say(std::string_view text) override;
    void on_interrupt(io::Callback handle) override;
    [[nodiscard]] bool said_to_person() const override { return said_to_person_; }
    [[nodiscard]] bool typed_by_person() const override { return typed_by_person_; }

private:
    io::Work& work_;
    real::RealLoop& loop_;
    io::Callback interrupted_;
    std::string collected_;
    Status written_;
    bool said_to_person_;
    bool typed_by_person_;
};

}  // namespace cambium::node
