#include <string>

#include <doctest/doctest.h>

#include "cli/consume.hpp"
#include "record/builder.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;

// A record at offset 7 of t-2, parsed from a batch, as a fetch gives it.
struct Sample {
    Sample(std::optional<std::string_view> key, std::optional<std::string_view> value) {
        const auto bytes = [](std::optional<std::string_view> text) {
            return text ? std::optional(as_bytes(*text)) : std::nullopt;
        };
        const record::HeaderEntry headers[] = {{"a", as_bytes("1")}, {"b", std::nullopt}};
        record::BatchBuilder builder;
        REQUIRE(builder.append({Timestamp(1000), bytes(key), bytes(value), headers}).ok());
        batch = std::move(*builder.finish());
        record::RecordIterator records{record::BatchView(batch.view())};
        const auto view = records.next();
        record = {&partition, Offset(7), Timestamp(1000), view->key, view->value, *view};
    }
    TopicPartition partition{"t", PartitionIndex(2)};
    Buffer batch;
    client::ConsumedRecord record;
};

std::string written(std::string_view format, const Sample& sample) {
    std::string out;
    const auto parsed = RecordFormat::parse(format);
    REQUIRE(parsed.ok());
    parsed->write(sample.record, out);
    return out;
}

TEST_CASE("a format puts each part of a record where it is named") {
    const Sample sample("k", "v");
    CHECK(written("%t-%p@%o %T %k=%v [%h]\\n", sample) == "t-2@7 1000 k=v [a=1,b=]\n");
    CHECK(written("100%%\\t\\\\", sample) == "100%\t\\");
    CHECK(written("", sample).empty());
    CHECK(written("%k|%v\\0", Sample(std::nullopt, std::nullopt)) == std::string("|\0", 2));
}

TEST_CASE("what a format does not know is refused") {
    for (const char* format : {"%x", "%", "\\q", "abc\\"}) {
        CAPTURE(format);
        CHECK(RecordFormat::parse(format).code() == Errc::invalid_argument);
    }
}

TEST_CASE("as JSON a record tells absent from empty") {
    std::string out;
    append_record_json(out, Sample(std::nullopt, "").record);
    CHECK(out ==
          "{\"topic\":\"t\",\"partition\":2,\"offset\":7,\"timestamp\":1000,\"key\":null,"
          "\"value\":\"\",\"headers\":[[\"a\",\"1\"],[\"b\",null]]}\n");
}

}  // namespace
