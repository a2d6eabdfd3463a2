"""Employment services (就业服务): who seeks work, who offers it, who gets support.

Owns: seekers (就业实名制), certifications (就业困难人员), employers, vacancies, introductions, assistance requests.
Publishes: jobs.certification.granted, jobs.vacancy.published, jobs.case.decided, jobs.case.overdue.
Hears: enrolment.person.registered, enrolment.employment.changed, enrolment.assistance.changed.
"""
