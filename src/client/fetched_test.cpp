#include "client/fetched.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "io/random.hpp"
#include "record/builder.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;

Buffer batch_of(int64_t base, int count, record::BatchOptions options = {}) {
    record::BatchBuilder builder(options);
    for (int i = 0; i < count; ++i) {
        const std::string value = std::to_string(base + i);
        REQUIRE(
            builder.append({Timestamp(1000 + base + i), std::nullopt, as_bytes(value), {}}).ok());
    }
    Buffer bytes = std::move(*builder.finish());
    record::patch(bytes.mutable_view(), Offset(base), LeaderEpoch(0));
    return bytes;
}

std::vector<int64_t> offsets(FetchedRecords& records) {
    std::vector<int64_t> out;
    while (true) {
        const auto record = records.next();
        if (!record.ok() || !record->has_value()) return out;
        CHECK(as_text(*(*record)->value) == std::to_string((*record)->offset.value()));
        CHECK((*record)->timestamp.value() == 1000 + (*record)->offset.value());
        out.push_back((*record)->offset.value());
    }
}

TEST_CASE("records before the offset asked for are left out, whole batches and parts of one") {
    Buffer bytes = batch_of(0, 3);
    bytes.append(batch_of(3, 4).view());
    bytes.append(batch_of(10, 1).view());
    FetchedRecords records(bytes.view(), Offset(5), {});
    CHECK(offsets(records) == std::vector<int64_t>{5, 6, 10});
    CHECK(records.next_offset() == Offset(11));
    CHECK_FALSE(records.cut_short());
}

TEST_CASE("a batch that is cut off at the end is left for the next fetch") {
    Buffer bytes = batch_of(0, 3);
    const size_t whole = bytes.size();
    bytes.append(batch_of(3, 4).view());
    for (size_t size = whole; size < bytes.size(); ++size) {
        FetchedRecords records(bytes.view().first(size), Offset(0), {});
        CHECK(offsets(records) == std::vector<int64_t>{0, 1, 2});
        CHECK(records.next_offset() == Offset(3));
    }
    FetchedRecords cut(bytes.view().first(whole - 1), Offset(0), {});
    CHECK(offsets(cut).empty());
    CHECK(cut.cut_short());
}

TEST_CASE("compressed batches are read like others, up to the limit") {
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        Buffer bytes = batch_of(0, 100, {.codec = codec});
        bytes.append(batch_of(100, 5).view());
        FetchedRecords records(bytes.view(), Offset(0), {});
        CHECK(offsets(records).size() == 105);
        FetchedRecords limited(bytes.view(), Offset(0), {.decompressed_bytes_max = 10});
        CHECK(offsets(limited).empty());
        CHECK(limited.next().code() == Errc::message_too_large);
    }
}

TEST_CASE("control batches are skipped, and the position moves past them") {
    Buffer bytes = batch_of(0, 1, {.control = true});
    FetchedRecords records(bytes.view(), Offset(0), {});
    CHECK(offsets(records).empty());
    CHECK(records.next_offset() == Offset(1));
}

TEST_CASE("a wrong checksum is an error that stays") {
    Buffer bytes = batch_of(0, 3);
    bytes.data()[bytes.size() - 1] ^= 1;
    FetchedRecords records(bytes.view(), Offset(0), {});
    CHECK(records.next().code() == Errc::corrupt_message);
    CHECK(records.next().code() == Errc::corrupt_message);
}

TEST_CASE("no bytes from a server crash it") {
    const Buffer good = batch_of(0, 3, {.codec = Codec::lz4});
    for (uint64_t seed = 1; seed <= 3000; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        Buffer bytes = Buffer::copy_of(good.view());
        bytes.append(batch_of(3, 4).view());
        for (uint64_t i = random.below(4); i > 0; --i)
            bytes.data()[random.below(bytes.size())] = static_cast<uint8_t>(random.next());
        FetchedRecords records(
            bytes.view(), Offset(0),
            {.check_checksums = random.chance(0.5), .decompressed_bytes_max = 1 << 16});
        while (true) {
            const auto record = records.next();
            if (!record.ok() || !record->has_value()) break;
        }
    }
}

}  // namespace
