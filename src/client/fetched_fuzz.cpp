// Any bytes from a server: records with growing offsets, or an error that stays; bounded memory.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "client/fetched.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace cambium;
    using namespace cambium::client;
    for (const bool check_checksums : {true, false}) {
        FetchedRecords records(
            {data, size}, Offset(0),
            {.check_checksums = check_checksums, .decompressed_bytes_max = size_t{1} << 16});
        Offset before(-1);
        while (true) {
            const auto record = records.next();
            if (!record.ok()) {
                check(records.next().code() == record.code());
                break;
            }
            if (!record->has_value()) break;
            check((*record)->offset > before, (*record)->offset, before);
            before = (*record)->offset;
            check(records.next_offset() == before + 1);
        }
    }
    return 0;
}
