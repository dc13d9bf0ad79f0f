// Families that Python made when it wrote the page: those that draw numbers or learn from images.

for (const [name, table] of Object.entries(TABLES)) {
  family(name, table.sizes, table.parameters, (side, values) => {
    const found = table.banks.find(
      (bank) => bank.size === side && Object.entries(bank.arguments).every(([key, value]) => values[key] === value),
    );
    const flat = unpacked(found.filters);
    const pixels = side * side;
    return {
      filters: range(flat.length / pixels).map((k) => flat.slice(k * pixels, (k + 1) * pixels)),
      columns: found.columns,
      truncated: found.truncated,
      remarks: found.remarks,
    };
  });
}

/** Numbers from little-endian float64 in base64. */
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float64Array.from({ length: bytes.length / 8 }, (_, k) => view.getFloat64(8 * k, true));
}
