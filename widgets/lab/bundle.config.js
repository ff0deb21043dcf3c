// Names instead of hashes of paths: the same bytes wherever the checkout lies.
module.exports = {
  context: __dirname,
  optimization: { moduleIds: "named", chunkIds: "named" },
};
