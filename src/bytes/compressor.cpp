#include <algorithm>
#include <string>
#include <utility>

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.hpp"
#include "bytes/compression.hpp"
#include "bytes/endian.hpp"
#include "bytes/snappy_java.hpp"

namespace cambium {

// One codec's state. False: the library gave up.
class Compressor::Engine {
public:
    virtual ~Engine() = default;
    virtual bool add(ByteView in, bool last, Buffer& out) = 0;
};

namespace {

using Engine = Compressor::Engine;

class Stored final : public Engine {
public:
    bool add(ByteView in, bool, Buffer& out) override {
        out.append(in);
        return true;
    }
};

class Gzip final : public Engine {
public:
    explicit Gzip(int level) {
        constexpr int gzip_header = 15 + 16;
        constexpr int memory_level = 8;
        made_ = deflateInit2(&stream_, level, Z_DEFLATED, gzip_header, memory_level,
                             Z_DEFAULT_STRATEGY) == Z_OK;
    }
    ~Gzip() override {
        if (made_) deflateEnd(&stream_);
    }

    bool add(ByteView in, bool last, Buffer& out) override {
        if (!made_) return false;
        stream_.next_in = const_cast<uint8_t*>(in.data());
        stream_.avail_in = static_cast<uInt>(in.size());
        const size_t bound = deflateBound(&stream_, in.size());
        int status = Z_OK;
        do {
            const size_t before = out.size();
            stream_.next_out = out.extend(bound);
            stream_.avail_out = static_cast<uInt>(bound);
            status = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
            out.resize(before + bound - stream_.avail_out);
        } while (status == Z_OK && (last || stream_.avail_in > 0));
        return last ? status == Z_STREAM_END : status == Z_OK || status == Z_BUF_ERROR;
    }

private:
    z_stream stream_{};
    bool made_ = false;
};

class Snappy final : public Engine {
public:
    bool add(ByteView in, bool last, Buffer& out) override {
        if (!begun_) out.append(snappy_java::header);
        begun_ = true;
        while (!in.empty()) {
            const size_t wanted = snappy_java::block_bytes - kept_.size();
            const ByteView part = in.first(std::min(in.size(), wanted));
            in = in.subspan(part.size());
            if (kept_.empty() && (part.size() == wanted || (last && in.empty()))) {
                write(part, out);
                continue;
            }
            kept_.append(part);
            if (part.size() == wanted) flush(out);
        }
        if (last) flush(out);
        return true;
    }

private:
    void flush(Buffer& out) {
        if (!kept_.empty()) write(kept_.view(), out);
        kept_.clear();
    }
    static void write(ByteView block, Buffer& out) {
        const size_t at_length = out.size();
        uint8_t* const to = out.extend(sizeof(int32_t) + snappy::MaxCompressedLength(block.size()));
        size_t size = 0;
        const char* const from = as_text(block).data();
        snappy::RawCompress(from, block.size(), reinterpret_cast<char*>(to + sizeof(int32_t)),
                            &size);
        store_big(to, static_cast<int32_t>(size));
        out.resize(at_length + sizeof(int32_t) + size);
    }

    bool begun_ = false;
    Buffer kept_;  // less than a block
};

class Lz4 final : public Engine {
public:
    explicit Lz4(int level) {
        // Kafka's Java client reads only blocks that do not refer to each other.
        preferences_.frameInfo.blockMode = LZ4F_blockIndependent;
        preferences_.frameInfo.blockSizeID = LZ4F_max64KB;
        preferences_.compressionLevel = level == standard_level(Codec::lz4) ? 0 : level;
        made_ = LZ4F_isError(LZ4F_createCompressionContext(&context_, LZ4F_VERSION)) == 0;
    }
    ~Lz4() override { LZ4F_freeCompressionContext(context_); }

    bool add(ByteView in, bool last, Buffer& out) override {
        if (!made_) return false;
        if (!std::exchange(begun_, true) &&
            !put(out, LZ4F_HEADER_SIZE_MAX, [&](auto* to, size_t room) {
                return LZ4F_compressBegin(context_, to, room, &preferences_);
            }))
            return false;
        const size_t bound = LZ4F_compressBound(in.size(), &preferences_);
        if (!put(out, bound, [&](auto* to, size_t room) {
                return LZ4F_compressUpdate(context_, to, room, in.data(), in.size(), nullptr);
            }))
            return false;
        return !last || put(out, LZ4F_compressBound(0, &preferences_), [&](auto* to, size_t room) {
            return LZ4F_compressEnd(context_, to, room, nullptr);
        });
    }

private:
    template <class Write> static bool put(Buffer& out, size_t room, Write write) {
        const size_t before = out.size();
        const size_t size = write(out.extend(room), room);
        const bool done = LZ4F_isError(size) == 0;
        out.resize(before + (done ? size : 0));
        return done;
    }

    LZ4F_preferences_t preferences_{};
    LZ4F_cctx* context_ = nullptr;
    bool made_ = false;
    bool begun_ = false;
};

class Zstd final : public Engine {
public:
    Zstd(int level, size_t size) : context_(ZSTD_createCCtx()) {
        if (context_ == nullptr) return;
        ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
        ZSTD_CCtx_setPledgedSrcSize(context_, size);
        if (size > size_t{1} << zstd_written_window_log_max)
            ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, zstd_written_window_log_max);
    }
    ~Zstd() override { ZSTD_freeCCtx(context_); }

    bool add(ByteView in, bool last, Buffer& out) override {
        if (context_ == nullptr) return false;
        const size_t room = ZSTD_compressBound(in.size());
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        size_t left = 0;
        do {
            const size_t before = out.size();
            ZSTD_outBuffer to{out.extend(room), room, 0};
            left = ZSTD_compressStream2(context_, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
            out.resize(before + to.pos);
            if (ZSTD_isError(left) != 0) return false;
        } while (last ? left > 0 : from.pos < from.size);
        return true;
    }

private:
    ZSTD_CCtx* context_;
};

std::unique_ptr<Engine> make_engine(Codec codec, int level, size_t size) {
    switch (codec) {
        case Codec::none: return std::make_unique<Stored>();
        case Codec::gzip: return std::make_unique<Gzip>(level);
        case Codec::snappy: return std::make_unique<Snappy>();
        case Codec::lz4: return std::make_unique<Lz4>(level);
        case Codec::zstd: return std::make_unique<Zstd>(level, size);
    }
    check(false, codec);
    return nullptr;
}

// Libraries only refuse to compress when memory ends or the input is larger than they can count.
Status outcome(bool done) {
    if (done) return {};
    return Error{Errc::unknown_server_error, "a codec could not compress"};
}

constexpr size_t countable = 0x7e000000;  // by every library here, at a time

}  // namespace

int standard_level(Codec codec) {
    constexpr int lz4_fast = 9;
    if (codec == Codec::lz4) return lz4_fast;
    return codec == Codec::zstd ? ZSTD_CLEVEL_DEFAULT : Z_DEFAULT_COMPRESSION;
}

bool has_levels(Codec codec) {
    return codec == Codec::gzip || codec == Codec::lz4 || codec == Codec::zstd;
}

Compressor::Compressor(Codec codec, int level, size_t size)
    : engine_(make_engine(codec, level, size)) {}
Compressor::~Compressor() = default;

Status Compressor::add(ByteView in, Buffer& out) {
    return outcome(in.size() <= countable && engine_->add(in, false, out));
}

Status Compressor::finish(ByteView in, Buffer& out) {
    return outcome(in.size() <= countable && engine_->add(in, true, out));
}

Status compress(Codec codec, ByteView in, Buffer& out) {
    return Compressor(codec, standard_level(codec), in.size()).finish(in, out);
}

}  // namespace cambium
