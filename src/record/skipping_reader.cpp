#include "record/skipping_reader.hpp"

#include <algorithm>

namespace cambium::record {

ByteView SkippingReader::bytes(size_t count) {
    while (count > 0 && more()) {
        const size_t part = std::min(count, block_.left());
        block_.bytes(part);
        count -= part;
    }
    if (count > 0) fail();
    return {};
}

bool SkippingReader::more() {
    if (!ok()) return false;
    if (block_.left() > 0) return true;
    before_ += block_.position();
    block_ = Reader(ByteView{});
    const Result<ByteView> next = from_.next();
    if (!next) fail(next.code());
    else block_ = Reader(*next);
    return block_.left() > 0;
}

ByteView SkippingReader::gather() {
    size_t size = 0;
    while (size < gathered_.size()) {
        gathered_[size] = big<uint8_t>();
        if (!ok()) return {};
        if (gathered_[size++] < 128) break;
    }
    return ByteView(gathered_).first(size);
}

}  // namespace cambium::record
