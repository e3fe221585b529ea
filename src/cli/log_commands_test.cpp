#include "cli/log_commands.hpp"

#include <doctest/doctest.h>

namespace {

using namespace cambium::cli;

TEST_CASE("a line about a batch becomes an object with the same figures") {
    CHECK(batch_json("baseOffset: 0 lastOffset: 6 producerId: -1 isControl: false "
                     "deleteHorizonMs: OptionalLong.empty position: 12 CreateTime: 17 "
                     "compresscodec: none crc: 3579064351 isvalid: true") ==
          "{\"base_offset\":0,\"last_offset\":6,\"producer_id\":-1,\"is_control\":false,"
          "\"delete_horizon_ms\":null,\"position\":12,\"create_time\":17,"
          "\"compresscodec\":\"none\",\"crc\":3579064351,\"isvalid\":true}\n");
    CHECK(batch_json("baseOffset: 1 deleteHorizonMs: OptionalLong[5]") ==
          "{\"base_offset\":1,\"delete_horizon_ms\":5}\n");
}

TEST_CASE("other lines become nothing") {
    CHECK(batch_json("Dumping /data/t-0/0.log").empty());
    CHECK(batch_json("| offset: 0 key: k payload: baseOffset: 1").empty());
    CHECK(batch_json("").empty());
}

}  // namespace
