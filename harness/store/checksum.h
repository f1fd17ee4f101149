#pragma once

struct sqlite3;

namespace e2lm {

// Gives SQL on this connection crc32(value, ...): the CRC-32 (zlib's, IEEE 802.3) of the values'
// bytes one after another, integers as little-endian int64. Rows that hold results keep theirs in a
// column `checksum`: a disk's flipped bit is not seen by SQLite, whose pages have none.
// Returns SQLite's code.
int add_crc32(sqlite3* connection);

// What a row's checksum has to be, by table.
inline constexpr const char* kBlockChecksum = "crc32(first, count, nats, counts)";
inline constexpr const char* kRequestSetChecksum = "crc32(requests, finish_order)";
inline constexpr const char* kTaskChecksum = "crc32(documents, items, metrics)";
inline constexpr const char* kImportItemsChecksum = "crc32(metrics, ids, items)";

}  // namespace e2lm
