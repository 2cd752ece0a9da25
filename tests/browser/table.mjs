// A table of penalties as a unit would send it: the header of a sample file, and rows by the names of their columns.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const uploads = resolve(import.meta.dirname, "../../events/uploads/market-supervision/penalty/2025-07-01");
const sample = new TextDecoder("utf-8").decode(readFileSync(join(uploads, "行政处罚.csv"))).replace(/^\ufeff/, "");
const header = sample.slice(0, sample.indexOf("\n")).trim().split(",");

/** A penalty that nothing is wrong with. */
export const PENALTY = {
  "行政相对人名称": "长治市虚构〇一商贸有限公司",
  "行政相对人类别": "法人及非法人组织",
  "统一社会信用代码": "91140403XN10000145",
  "法定代表人": "甲某某",
  "行政处罚决定书文号": "晋虚市监罚〔2025〕901号",
  "违法行为类型": "虚构未明码标价",
  "违法事实": "经查，当事人在门店销售商品未按规定明码标价，属于虚构的事实。",
  "处罚依据": "《虚构价格条例》第三条",
  "处罚类别": "罚款",
  "处罚内容": "罚款 0.2 万元",
  "罚款金额（万元）": "0.2",
  "处罚决定日期": "2025-06-10",
  "处罚机关": "长治市市场监督管理局（虚构）",
  "处罚机关统一社会信用代码": "11140400XN0000151C",
  "数据来源单位": "长治市市场监督管理局（虚构）",
  "数据来源单位统一社会信用代码": "11140400XN0000151C",
  "是否简易程序": "否",
  "涉及领域": "市场监管",
};

const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Rows as a CSV file. */
export function csv(rows) {
  const known = new Set(header);
  for (const name of rows.flatMap(Object.keys)) if (!known.has(name)) throw new Error(`no column ${name} in ${header}`);
  return Buffer.from([header, ...rows.map((row) => header.map((name) => cell(row[name] ?? "")))].map((line) => line.join(",")).join("\r\n") + "\r\n");
}
