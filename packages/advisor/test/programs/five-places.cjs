const kept = []
function frames() {
  for (let i = 0; i < 75; i++) kept[i % 4] = Buffer.alloc(200_000)
}
function joined() {
  const parts = [Buffer.from('a'.repeat(100_000)), Buffer.from('b'.repeat(100_000))]
  for (let i = 0; i < 100; i++) kept[i % 4] = Buffer.concat(parts)
}
frames()
joined()
for (let i = 0; i < 125; i++) kept[i % 4] = Buffer.from('c'.repeat(70_000))
for (let i = 0; i < 10_000; i++) kept[i % 4] = Buffer.allocUnsafe(1000)
for (let i = 0; i < 25; i++) kept[i % 4] = new ArrayBuffer(150_000)
