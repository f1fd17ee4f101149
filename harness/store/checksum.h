#pragma once

namespace e2lm {

// What the column `checksum` of a row has to be, by table, as an SQL expression. Rows that hold
// results have one: SQLite's pages have none, so that it would not see a bit that a disk flipped.
inline constexpr const char* kBlockChecksum = "crc32(first, count, nats, counts)";
inline constexpr const char* kRequestSetChecksum = "crc32(requests, finish_order)";
inline constexpr const char* kTaskChecksum = "crc32(documents, items, metrics)";
inline constexpr const char* kImportItemsChecksum = "crc32(metrics, ids, items)";

}  // namespace e2lm
