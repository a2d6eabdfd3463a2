-- Bills of eight lines that wait to be settled, each of a person of his own. Loaded as superuser with foreign keys
-- and triggers asleep; the verification at the end of the bench counts and sums what was made of them.

SET session_replication_role = replica;

INSERT INTO institution (code, name, level, area, registered_at)
VALUES ('H99010100002', '样例县人民医院', 'level_2', '990101', now());

INSERT INTO agreement (id, institution_code, area, number, valid_from, valid_until, signed_by, signed_at)
VALUES (uuidv7(), 'H99010100002', '990101', 'XY2026-002', '2026-01-01', '2027-01-01', 'bench', now());

CREATE TEMPORARY TABLE item AS
    SELECT line, uuidv7() AS id, (ARRAY['a', 'b', 'c'])[greatest(1, line - 5)] AS category
    FROM generate_series(1, 8) AS line;

INSERT INTO catalogue_item (id, pooling_area, code, name, kind, category, prior_self_pay_ratio, restricted,
    price_limits, valid_from, set_by, set_at)
SELECT id, '9901', 'X' || line, '样例项目', 'drug', category, CASE category WHEN 'b' THEN 0.1 ELSE 0 END, false, '[]',
    '2025-01-01', 'bench', now()
FROM item;

CREATE TEMPORARY TABLE made AS
    SELECT n, uuidv7() AS bill_id, uuidv7() AS person_id FROM generate_series(1, :count) AS n;

INSERT INTO person_copy (person_id, version, name, sex, birth_on, id_number_index, id_number_masked, area)
SELECT person_id, 1, '张样例', 'male', '1960-01-01', md5(n::text) || md5(n::text), '990101********001X', '990101'
FROM made;

INSERT INTO coverage_copy (person_id, version, area, coverages)
SELECT person_id, 1, '990101', '[{"scheme": "resident_medical", "valid_from": "2025-01-01", "valid_until": null}]'
FROM made;

INSERT INTO assistance_copy (person_id, version, categories)
SELECT person_id, 1,
    '[{"category": "minimum_living_allowance", "valid_from": "2025-01-01", "valid_until": null}]'
FROM made;

INSERT INTO bill (id, institution_code, bill_number, person_id, area, care_type, admitted_on, discharged_on,
    diagnosis_code, total, line_count, attachments_pages, state, uploaded_by, uploaded_at)
SELECT bill_id, 'H99010100002', 'ZY' || n, person_id, '990101', 'inpatient', '2026-01-05', '2026-01-12', 'J18.900',
    6000, 8, 4, 'uploaded', 'bench', now()
FROM made;

INSERT INTO bill_line (bill_id, line_no, item_code, item_name, catalogue_item_id, category, quantity, unit_price, amount,
    occurred_on, doctor_code, approval, own_paid, over_limit, prior_self_pay, in_policy, reason)
SELECT bill_id, line, 'X' || line, '样例项目', item.id, category, 1, 750, 750,
    '2026-01-06', 'D990101000001', 'none', CASE line WHEN 8 THEN 750 ELSE 0 END, 0,
    CASE line WHEN 7 THEN 75 ELSE 0 END, CASE line WHEN 8 THEN 0 WHEN 7 THEN 675 ELSE 750 END,
    CASE line WHEN 8 THEN 'category_c' ELSE 'in_catalogue' END
FROM made, item;

DROP TABLE made, item;
RESET session_replication_role;
