// What decodes also encodes, and decodes to the same again; nothing else happens.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "bytes/buffer.hpp"
#include "meta/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const cambium::Result<cambium::meta::Record> first = cambium::meta::decode({data, size});
    if (!first.ok()) return 0;
    cambium::Buffer bytes;
    cambium::meta::encode(*first, bytes);
    const cambium::Result<cambium::meta::Record> second = cambium::meta::decode(bytes.view());
    cambium::check(second.ok() && *second == *first);
    return 0;
}
