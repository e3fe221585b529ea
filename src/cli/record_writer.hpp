// Records to standard output, each in the form that was asked for.
#pragma once

#include <string>
#include <utility>

#include "cli/consume.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "client/fetched.hpp"

namespace cambium::cli {

class RecordWriter {
public:
    RecordWriter(Terminal& terminal, RecordFormat format, Output output)
        : terminal_(terminal), format_(std::move(format)), output_(output) {}

    void write(const client::ConsumedRecord& record) {
        text_.clear();
        if (output_ == Output::json) append_record_json(text_, record);
        else format_.write(record, text_);
        terminal_.write(text_);
    }

private:
    Terminal& terminal_;
    RecordFormat format_;
    Output output_;
    std::string text_;
};

}  // namespace cambium::cli
